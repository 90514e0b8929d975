#pragma once
#include <cstdint>
#include <vector>

#include "kernels/layer.h"

namespace coppice {

/// A layer with exactly round(density x size) nonzeros at places drawn uniformly, N(0, 1 / fan in), small
/// biases, and ReLU. The same seed gives the same layer.
kernels::Layer random_layer(const kernels::LayerShape& shape, double density, std::uint64_t seed);

/// Uniform in [-1, 1), as PyTorch's contiguous tensors lie.
std::vector<float> random_activations(const kernels::LayerShape& shape, std::int64_t images);

}  // namespace coppice
