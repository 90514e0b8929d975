#pragma once
#include "coppice/mask.h"
#include "coppice/tensor.h"
#include "coppice/ticket.h"
#include "coppice/train.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace coppice {

/// Linear mode connectivity (Frankle, Dziugaite, Roy & Carbin 2020, "Linear Mode Connectivity and the Lottery
/// Ticket Hypothesis"): whether all networks on the straight line between two trained ones are about as good
/// as they are.

/// Networks looked at between the two ends, evenly spaced.
constexpr int kPathPoints = 30;
/// Two networks are linearly connected where the error barrier between them lies below this.
constexpr double kConnectedBelowPp = 2.0;

/// (1 - alpha) a + alpha b for each tensor of floating-point numbers, computed in double; others (BatchNorm's
/// batch counter) as in `a`. At 0 and 1 the very bits of a and b; where both are 0 (pruned), so is the
/// result.
///
/// BatchNorm's running statistics are interpolated like parameters, as averaging weights does. They are not
/// those of the interpolated network (activations of networks that differ cancel in part, so their true
/// variance is smaller: Jordan et al. 2022, "REPAIR"), which makes barriers of networks with BatchNorm higher
/// than with statistics measured anew, and networks that count as connected the more surely so.
///
/// Throws BadInput, naming the first difference, where names, shapes or types differ.
Tensors interpolate(const Tensors& a, const Tensors& b, double alpha);

/// The networks of a path, evaluated on one split.
struct PathSplit {
  Split split = Split::kValidation;
  std::vector<Tally> along;  ///< One for each alpha.

  /// max over the path of the error - mean of the errors at both ends, percentage points; at least 0.
  double error_barrier_pp() const;
  double loss_barrier() const;  ///< The same of the cross-entropy.
};

struct LinearPath {
  std::vector<double> alpha;  ///< From 0 (a) to 1 (b).
  std::vector<PathSplit> splits;
};

/// Evaluates `points` inner networks and both ends under `masks`, which hold whatever either end keeps.
/// `on_point` is told how many are done. Throws BadInput as `interpolate` does, and where a network on the
/// way is not the engine's; Interrupted on a signal.
LinearPath walk_path(Engine& engine, const Tensors& a, const Tensors& b, const Masks& masks,
                     const std::vector<Split>& splits, int points = kPathPoints,
                     const std::function<void(int done, int of)>& on_point = {});

/// "train", "validation", "test".
std::string split_name(Split split);

}  // namespace coppice
