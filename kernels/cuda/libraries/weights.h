#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/candidate.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels {

/// Floats on the device, stored as the precision has them.
DeviceBuffer store(const std::vector<float>& values, Precision precision);

/// A layer's weights with their zeros, and its bias, on the device.
struct DenseWeights {
  DeviceBuffer values;       ///< [outputs][channels][kernel rows][kernel columns], or channels last.
  DeviceBuffer bias;         ///< FP32 [outputs]; none where the layer has none.
  DeviceBuffer bias_stored;  ///< The same in the precision of the outputs: some libraries know no other.

  DenseWeights copy() const;
};

/// Throws CudaError.
DenseWeights dense_weights(const Layer& layer, Precision precision, bool channels_last = false);
/// The same with a bias of zeros where the layer has none: for libraries that fuse a bias or nothing.
DenseWeights dense_weights_and_bias(const Layer& layer, Precision precision, bool channels_last);

/// From [outputs][channels][window] to [outputs][window][channels].
std::vector<float> with_channels_last(const std::vector<float>& weights, const LayerShape& shape);

}  // namespace coppice::kernels
