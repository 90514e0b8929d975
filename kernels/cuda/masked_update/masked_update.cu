#include <algorithm>
#include <stdexcept>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/masked_update/kernel.cuh"
#include "kernels/cuda/masked_update/masked_update.h"

namespace coppice::kernels {

MaskedUpdate::MaskedUpdate(const std::vector<UpdateTensor>& tensors, const CudaDevice& device,
                           const UpdateOptions& options)
    : gradients_(options.gradients),
      overlap_previous_(options.overlap_previous && device.capability() >= 90),
      threads_(options.threads),
      multiprocessors_(device.multiprocessors),
      states_(state_arrays(tensors, options.gradients)) {
  if (threads_ < 0 || threads_ > kUpdateMostThreads || threads_ % 32 != 0)
    throw std::invalid_argument("masked-update: no block has so many threads");
  for (const UpdateTensor& tensor : tensors) elements_ += tensor.count;
  if (threads_ == 0) threads_ = update_threads(elements_, multiprocessors_);
  const std::vector<UpdateChunk> chunks = update_chunks(tensors, gradients_, update_chunk_elements(threads_));
  chunks_ = static_cast<std::int64_t>(chunks.size());
  if (chunks_ > 0x7fffffff) throw std::invalid_argument("masked-update: too many chunks for a launch");
  table_ = on_device(chunks);
}

template <class Rule>
UpdateProblem<Rule> MaskedUpdate::problem(Pruned pruned) const {
  UpdateProblem<Rule> problem = {};
  problem.chunks = table_.as<UpdateChunk>();
  problem.count = static_cast<std::uint32_t>(chunks_);
  problem.skip_pruned = pruned == Pruned::kZero;
  return problem;
}

template <class Update>
void MaskedUpdate::launch_with(const UpdateProblem<typename Update::Rule>& problem, CudaStream stream) const {
  if (chunks_ == 0) return;
  const std::int64_t resident =
      std::int64_t{multiprocessors_} * Update::kBlocks * kUpdateMostThreads / threads_;
  LaunchShape shape;
  shape.grid = dim3(static_cast<unsigned>(std::min(chunks_, resident)));
  shape.block = dim3(static_cast<unsigned>(threads_));
  shape.shared_bytes = problem.planned ? static_cast<std::int64_t>(sizeof(unsigned)) : 0;
  shape.stream = stream;
  shape.overlap_previous = overlap_previous_;
  launch(shape,
         gradients_ == Precision::kBf16 ? masked_update_kernel<Update, std::uint16_t>
                                        : masked_update_kernel<Update, float>,
         problem);
}

void MaskedUpdate::launch_sgd(const UpdateProblem<SgdRule>& problem, bool momentum, CudaStream stream) const {
  if (chunks_ == 0) return;
  if (states_ > 1 || (momentum && states_ == 0))
    throw std::invalid_argument("masked-update: SGD takes a velocity, which momentum cannot do without");
  if (states_ == 0) return launch_with<StatelessSgd>(problem, stream);
  if (!momentum) return launch_with<FreshSgd>(problem, stream);
  launch_with<MomentumSgd>(problem, stream);
}

void MaskedUpdate::launch_adam(const UpdateProblem<AdamRule>& problem, CudaStream stream) const {
  if (chunks_ > 0 && states_ != 2) throw std::invalid_argument("masked-update: Adam takes two moments");
  launch_with<Adam>(problem, stream);
}

void MaskedUpdate::run(const SgdStep& step, CudaStream stream, Pruned pruned) const {
  UpdateProblem<SgdRule> with = problem<SgdRule>(pruned);
  with.rule = fold(step);
  launch_sgd(with, step.momentum != 0, stream);
}

void MaskedUpdate::run(const AdamStep& step, CudaStream stream, Pruned pruned) const {
  UpdateProblem<AdamRule> with = problem<AdamRule>(pruned);
  with.rule = fold(step);
  launch_adam(with, stream);
}

void MaskedUpdate::run(PlannedSteps<SgdStep>& steps, CudaStream stream, Pruned pruned) const {
  UpdateProblem<SgdRule> with = problem<SgdRule>(pruned);
  steps.describe(with);
  launch_sgd(with, steps.momentum(), stream);
}

void MaskedUpdate::run(PlannedSteps<AdamStep>& steps, CudaStream stream, Pruned pruned) const {
  UpdateProblem<AdamRule> with = problem<AdamRule>(pruned);
  steps.describe(with);
  launch_adam(with, stream);
}

std::string MaskedUpdate::variant() const {
  return std::to_string(chunks_) + (chunks_ == 1 ? " chunk of " : " chunks of ") +
         std::to_string(update_chunk_elements(threads_)) + " elements, " + std::to_string(threads_) +
         " threads" + (overlap_previous_ ? ", overlapping the launch before" : "");
}

}  // namespace coppice::kernels
