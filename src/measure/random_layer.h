#pragma once
#include <cstdint>
#include <vector>

#include "kernels/layer.h"
#include "measure/mask_pattern.h"

namespace coppice {

/// How many nonzeros such a layer has: round(density x size).
std::int64_t nonzeros_at(const kernels::LayerShape& shape, double density);

/// A layer with exactly so many nonzeros at places drawn uniformly from those that the mask allows,
/// N(0, 1 / fan in), small biases, and ReLU. The same seed gives the same layer.
kernels::Layer random_layer(const kernels::LayerShape& shape, double density, std::uint64_t seed,
                            MaskPattern mask = MaskPattern::kUniform);

/// The same number of nonzeros, all 1, spread as evenly as can be: quick to make, for questions that no
/// value decides.
kernels::Layer even_layer(const kernels::LayerShape& shape, double density);

/// Uniform in [-1, 1), as PyTorch's contiguous tensors lie.
std::vector<float> random_activations(const kernels::LayerShape& shape, std::int64_t images);

}  // namespace coppice
