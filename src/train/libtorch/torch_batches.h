#pragma once
#include "coppice/data.h"

#include <memory>
#include <span>

#include <ATen/ATen.h>

namespace coppice {

struct TorchBatch {
  at::Tensor images;  ///< [n, c, h, w], float, normalised; valid until the next batch.
  at::Tensor labels;  ///< [n], int64.
};

/// Makes batches from a data set, on one device.
class TorchBatches {
 public:
  virtual ~TorchBatches() = default;
  /// `jitter` is empty or one for each index.
  virtual TorchBatch make(Split split, std::span<const std::uint32_t> indices,
                          std::span<const Jitter> jitter) = 0;
};

/// On the CPU: coppice::gather into a buffer, then channels last where asked.
std::unique_ptr<TorchBatches> make_host_batches(const Data& data, bool channels_last);

/// On any device: the stores are copied there once, as they came, and each batch is picked, moved and
/// normalised there. Gives what the host batches give to 1e-6.
std::unique_ptr<TorchBatches> make_resident_batches(const Data& data, at::Device device);

}  // namespace coppice
