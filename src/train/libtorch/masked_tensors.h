#pragma once
#include "coppice/derivatives.h"

#include "train/libtorch/torch_network.h"

namespace coppice {

/// A network's tensors under masks, as functions of which derivatives are taken.
struct MaskedTensors {
  /// Throws BadInput where the weights are not the network's or a mask is not one of its weights'.
  MaskedTensors(const Network& network, const TorchNetwork& model, const Masks& masks, const Tensors& weights,
                const at::Device& device);

  std::vector<at::Tensor> all;      ///< As the model's specs(); pruned weights are 0.
  std::vector<std::size_t> places;  ///< In `all`, of each mask's weight.
  std::vector<at::Tensor> keep;     ///< The masks: 1 or 0, float.

  /// The masks' weights, variables of all that is computed from now on.
  std::vector<at::Tensor> variables() const;
  /// FP64 zeros shaped as the masks.
  std::vector<at::Tensor> zeros() const;
  /// In host memory, 0 for pruned weights.
  PerWeight read(const std::vector<at::Tensor>& values) const;
};

}  // namespace coppice
