#pragma once
#include <functional>
#include <random>

#include "kernels/layer.h"
#include "sparse/aligned_floats.h"
#include "sparse/program.h"

namespace coppice {

using Random = std::mt19937;

inline float uniform(Random& random) { return std::uniform_real_distribution<float>(-1, 1)(random); }

/// A layer with bias; each weight is there with the given probability.
kernels::Layer random_layer(const kernels::LayerShape& shape, double density, Random& random);

/// Aligned, with the slack that candidates may read; finite everywhere.
AlignedFloats random_activations(const kernels::Activations& at, Random& random);

/// Calls with the offset of every element that counts: of real images, outside the halo.
void for_each_element(const kernels::Activations& at, const std::function<void(std::int64_t)>& call);

/// Convolution with residual and ReLU, both pools, affine, additions, flatten and two linear layers: every
/// kind of step, values that are read twice, and one that is read last by an addition.
Program example_program(Random& random);

/// The logits of a program by plain loops in kPlain order.
std::vector<float> reference_logits(const Program& program, std::int64_t images, const std::vector<float>& x);

}  // namespace coppice
