#pragma once
#include "coppice/train.h"

namespace coppice {

/// Which of two ways the engine takes. The second is what a GPU needs; tests run it on the CPU too.
struct LibtorchPaths {
  bool resident = false;  ///< Data on the device, batches made there; else coppice::gather.
  bool plain = false;     ///< ATen's own operations for the update and BatchNorm; else our kernels.
  static LibtorchPaths of(const Device& device) { return {device.type == "cuda", device.type == "cuda"}; }
};

/// Trains any network through LibTorch. Throws BadInput for a precision that the device does not serve.
std::unique_ptr<Engine> make_libtorch_engine(const Network& network, const Data& data,
                                             const TrainConfig& config, const Device& device);
std::unique_ptr<Engine> make_libtorch_engine(const Network& network, const Data& data,
                                             const TrainConfig& config, const Device& device,
                                             LibtorchPaths paths);

}  // namespace coppice
