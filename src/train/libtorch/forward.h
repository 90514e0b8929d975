#pragma once
#include "coppice/network.h"

namespace coppice {

/// Logits [n, classes] of images [n, c, h, w] (float32, normalised) in evaluation mode, on the CPU with as
/// many threads as are set. Throws BadInput where the weights are not the network's or the images not its
/// input.
Tensor forward(const Network& network, const Tensors& weights, const Tensor& images);

}  // namespace coppice
