#include "train/libtorch/torch_tally.h"

#include <cmath>

namespace coppice {

void TorchTally::add(const at::Tensor& loss, const at::Tensor& logits, const at::Tensor& labels) {
  losses_.push_back(loss.detach());
  hits_.push_back(logits.detach().argmax(1).eq(labels).sum());
  sizes_.push_back(labels.size(0));
  constexpr std::size_t kTogether = 128;
  if (losses_.size() >= kTogether) read();
}

const Tally& TorchTally::read() {
  if (losses_.empty()) return total_;
  const at::Tensor losses = at::stack(losses_).to(at::kCPU, at::kDouble);
  const at::Tensor hits = at::stack(hits_).to(at::kCPU, at::kLong);
  for (std::size_t i = 0; i < sizes_.size(); ++i) {
    const double loss = losses.const_data_ptr<double>()[i];
    if (!std::isfinite(loss) && first_bad_ < 0) first_bad_ = batches_read_ + static_cast<std::int64_t>(i);
    total_ += {sizes_[i], loss * static_cast<double>(sizes_[i]), hits.const_data_ptr<std::int64_t>()[i]};
  }
  batches_read_ += static_cast<std::int64_t>(sizes_.size());
  losses_.clear();
  hits_.clear();
  sizes_.clear();
  return total_;
}

}  // namespace coppice
