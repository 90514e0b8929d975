#pragma once
#include "coppice/mask.h"
#include "coppice/ticket.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace coppice {

/// What a short run tells about tickets: pure functions of masks and accuracies.

/// How far two masks drawn from the same survivors differ: the share of the weights to be pruned on which
/// they disagree. 0: the same masks; 1: as different as masks that keep so many can be. That is the
/// normalised Hamming distance among the survivors / (2 min(d, 1 - d)) at density d among them: the mask
/// distance of You et al. 2020 ("Drawing early-bird tickets") made fit for any density; theirs cannot exceed
/// 2 d, and looks settled in every sparse mask. Both keep equally many.
double disagreement(const Masks& a, const Masks& b, const Masks& survivors);

/// The validation accuracy around a step: the mean over the evaluations at most `window` steps from it, a
/// window that is narrowed to lie within the curve, since one that reaches further to one side than to the
/// other is biased where the curve rises; from the last evaluation on, the mean over the last `window` steps.
/// Where no evaluation is so near, on the line between the two around it. None before the first.
std::optional<double> accuracy_near(const std::vector<Evaluation>& evaluations, std::int64_t step,
                                    std::int64_t window);

/// Each value averaged with its neighbours: one evaluation is too noisy to decide by.
std::vector<double> smoothed(const std::vector<double>& values);

/// The sparsest level whose smoothed gap (accuracy less the dense network's at the same step, percentage
/// points, by level from 0) is no worse than -tolerance_pp; 0 where none is.
std::int64_t sparsest_promising(const std::vector<double>& gaps_pp, double tolerance_pp);

/// Whether the smoothed gaps of the two sparsest levels are both worse than -tolerance_pp: going on would
/// only confirm it.
bool limit_passed(const std::vector<double>& gaps_pp, double tolerance_pp);

}  // namespace coppice
