#pragma once
#include "coppice/network.h"

#include <string>
#include <vector>

#include "sparse/program.h"

namespace coppice {

/// y[c] = scale[c] x[c] + shift[c] for each channel, in FP64: several are put together and rounded once.
struct Affine {
  std::vector<double> scale, shift;
};

/// What the BatchNorm `name` does in evaluation mode. Throws BadInput for a variance below 0.
Affine batch_norm(const Tensors& tensors, const std::string& name);

/// What a layer does to the products of its weights: adds its bias, if it has one.
Affine bias_of(const Node& node, const Tensors& tensors);

/// First `first`, then `second`.
Affine then(const Affine& first, const Affine& second);

/// Fills in a step's numbers: scale and shift of kAffine, weights and bias of kLayer (whose shape and tensor
/// are there). Throws BadInput where a number leaves the range of float.
void fill_step(Step& step, const Affine& affine, const Tensors& tensors);

}  // namespace coppice
