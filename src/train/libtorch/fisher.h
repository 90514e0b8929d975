#pragma once
#include "train/libtorch/masked_tensors.h"

namespace coppice {

/// Adds to `sums`, for each masked weight, the sum over the images and classes c of p_c (d log p_c / dw)^2.
void add_fisher(const Network& network, const TorchNetwork& model, const MaskedTensors& tensors,
                const at::Tensor& images, const std::vector<at::Tensor>& sums);

}  // namespace coppice
