#pragma once
#include "coppice/train.h"

#include <vector>

#include <ATen/ATen.h>

namespace coppice {

/// Loss and hits of batches. Reading a number waits for the device, so they are kept as tensors and read
/// together, every hundred batches or so.
class TorchTally {
 public:
  /// A batch's mean loss (any graph is dropped), logits and labels.
  void add(const at::Tensor& loss, const at::Tensor& logits, const at::Tensor& labels);
  /// Everything so far.
  const Tally& read();
  /// The first batch, counted from 0, whose loss was not finite; -1 where all were, as far as read.
  std::int64_t first_bad() const { return first_bad_; }

 private:
  Tally total_;
  std::vector<at::Tensor> losses_, hits_;
  std::vector<std::int64_t> sizes_;
  std::int64_t batches_read_ = 0, first_bad_ = -1;
};

}  // namespace coppice
