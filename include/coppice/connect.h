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

/// Examples of a split that paths are evaluated on, at most: a fixed selection, the same for every seed.
constexpr std::int64_t kPathExamples = 10000;

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

/// The split whose barrier decides: validation, or where nothing is held out the training examples. Never the
/// test set: what is decided here chooses rewind points. Throws Failure where the path has neither.
const PathSplit& deciding(const LinearPath& path);
/// Whether that barrier lies below kConnectedBelowPp.
bool connected(const LinearPath& path);

/// The dense training and a copy of it that parts from it before the update of `step` and sees other batches
/// from there on, to the end.
struct Parting {
  std::int64_t replicate = 1, step = 0;
  double epoch = 0;
  LinearPath path;         ///< From the dense training's last weights to the copy's.
  std::int64_t steps = 0;  ///< Cost of the copy and of walking the path.
  double time_s = 0;
  Energy energy;
};

}  // namespace coppice
