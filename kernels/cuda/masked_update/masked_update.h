#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/masked_update/chunks.h"
#include "kernels/cuda/masked_update/planned_steps.h"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/stream.h"
#include "kernels/optimiser_step.h"

namespace coppice::kernels {

/// What pruned elements hold before an update.
enum class Pruned {
  kAnything,  ///< They become +0, in value and state.
  /// They are +0 in value and state already: nobody wrote them since an update with kAnything under the same
  /// mask. Where eight in a row are pruned (elements 8 i to 8 i + 7 of a tensor) they are not touched at all.
  kZero,
};

struct UpdateOptions {
  Precision gradients = Precision::kFp32;  ///< Or kBf16; all else is FP32.
  /// The launch may begin before the one before it has ended (and waits for it on the device).
  bool overlap_previous = true;
  int threads = 0;  ///< Of a block, a multiple of 32, at most 256; 0: as update_threads() has it.
};

/// Masked optimiser updates of all tensors of a network in one launch, one pass over value, gradient, state
/// and mask. Formulas, hyperparameters and masks are those of kernels/cpu/masked_update: values and states
/// have the same bits as there on CPUs with fused multiply-add (levels v3 and v4); a NaN is a NaN. Where the
/// mask is 0, value and state become exactly +0 whatever they and the gradient were.
///
/// Error of one step against FP64, of what is kept, with s the sum of the magnitudes of gradient,
/// weight_decay value and, of SGD, momentum velocity: SGD: 2^-21 s of the velocity and 2^-21 (|value| +
/// learning_rate s) of the value. Adam: 2^-21 (|m| + s) of the first moment, 2^-21 (beta2 v + (1 - beta2)
/// s^2) of the second, and of the value 2^-21 |value| and what those two make of its change.
///
/// The tensors' addresses are taken over once; what lies there may change. Arrays must not overlap each
/// other.
class MaskedUpdate {
 public:
  /// Throws std::invalid_argument (chunks.h), CudaError.
  MaskedUpdate(const std::vector<UpdateTensor>& tensors, const CudaDevice& device,
               const UpdateOptions& options = {});

  // Each queues one launch (none where there are no elements), allocates nothing and waits for nothing, so
  // that it can be captured in a graph. SGD needs a velocity where momentum is not 0, Adam both moments, and
  // the tensors must have no more than that; else std::invalid_argument. Throws CudaError.
  void run(const SgdStep& step, CudaStream stream, Pruned pruned = Pruned::kAnything) const;
  void run(const AdamStep& step, CudaStream stream, Pruned pruned = Pruned::kAnything) const;
  /// The next of planned steps, read from the device when the work is done. Where there are no elements none
  /// is counted.
  void run(PlannedSteps<SgdStep>& steps, CudaStream stream, Pruned pruned = Pruned::kAnything) const;
  void run(PlannedSteps<AdamStep>& steps, CudaStream stream, Pruned pruned = Pruned::kAnything) const;

  std::int64_t elements() const { return elements_; }
  std::int64_t chunks() const { return chunks_; }
  std::string variant() const;  ///< "132 chunks of 2048 elements, 128 threads, overlapping the launch before"

 private:
  template <class Rule>
  UpdateProblem<Rule> problem(Pruned pruned) const;
  template <class Update>
  void launch_with(const UpdateProblem<typename Update::Rule>& problem, CudaStream stream) const;
  void launch_sgd(const UpdateProblem<SgdRule>& problem, bool momentum, CudaStream stream) const;
  void launch_adam(const UpdateProblem<AdamRule>& problem, CudaStream stream) const;

  Precision gradients_;
  bool overlap_previous_;
  int threads_, multiprocessors_, states_;
  std::int64_t elements_ = 0, chunks_ = 0;
  DeviceBuffer table_;  ///< Of UpdateChunk.
};

}  // namespace coppice::kernels
