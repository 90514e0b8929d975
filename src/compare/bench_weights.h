#pragma once
#include <memory>
#include <string>
#include <vector>

#include "kernels/layer.h"
#include "measure/bench_shape.h"

namespace coppice {

struct NamedLayer {
  std::string name;  ///< Of the weight tensor.
  std::shared_ptr<const kernels::Layer> layer;
};

struct SkippedTensor {
  std::string name, why;
};

/// The layers whose weights a safetensors file holds.
struct WeightsFile {
  std::vector<NamedLayer> layers;
  std::vector<SkippedTensor> skipped;
  std::string shapes_from;  ///< Where strides and image sizes come from, in words.
};

/// A checkpoint that carries its network (as Coppice writes them): its linear and convolution layers on
/// images of their true sizes, BatchNorm folded in. Any other file: each 2-D floating-point tensor [out, in]
/// is a linear layer, each 4-D one [out, in, height, width] a convolution of stride 1 on images of the given
/// size, padded by half its window, with ReLU; the rest is skipped. Zeros are pruned weights. Throws BadInput
/// where the file is broken, holds no layer, or a weight is not finite.
WeightsFile read_weights(const std::string& path, ImageSize image);

}  // namespace coppice
