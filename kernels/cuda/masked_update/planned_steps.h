#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/masked_update/problem.h"
#include "kernels/cuda/memory.h"
#include "kernels/optimiser_step.h"

namespace coppice::kernels {

inline SgdRule rule_of_step(const SgdStep& step) { return fold(step); }
inline AdamRule rule_of_step(const AdamStep& step) { return fold(step); }

/// The hyperparameters of steps to come, on the device, with a count of those that are done: each update that
/// takes them (MaskedUpdate) moves on by one, so that a captured graph, replayed, goes through a schedule of
/// learning rates and Adam's bias corrections without the host. Behind the last one it stays there.
/// Arithmetic is as with the same steps given one by one, bit for bit.
///   Step  SgdStep or AdamStep
template <class Step>
class PlannedSteps {
 public:
  using Rule = decltype(rule_of_step(Step()));

  /// Throws std::invalid_argument where there is none, or where some steps have a momentum and others have
  /// not; CudaError.
  explicit PlannedSteps(const std::vector<Step>& steps);

  /// Waits until all before is done, then goes on with step `done` (0: the first). Throws CudaError.
  void go_to(std::int64_t done);
  std::int64_t done() const;  ///< Waits too. May exceed the number of steps.

  /// What the kernel is told of them.
  void describe(UpdateProblem<Rule>& problem);
  bool momentum() const { return momentum_; }

 private:
  bool momentum_ = false;  ///< Of SGD.
  std::uint32_t last_ = 0;
  DeviceBuffer rules_, counts_;  ///< Counts: steps done, and blocks of a launch that have arrived.
};

}  // namespace coppice::kernels
