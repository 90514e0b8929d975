#pragma once
#include "coppice/mask.h"
#include "coppice/tensor.h"

#include <vector>

namespace coppice {

/// One number for each weight of each mask, in their order.
using PerWeight = std::vector<std::vector<double>>;

/// What gradient criteria ask of a network. All of it is taken at the masked network, whatever `weights`
/// (parameters and buffers) hold under the masks' zeros, with BatchNorm in evaluation mode and no dropout, as
/// Tanaka et al. (2020) do in their comparison; results are 0 for pruned weights. L is the mean cross-entropy
/// over fixed training examples without augmentation. Same calls, machine, device and threads: same bits. All
/// throw BadInput where the weights are not the network's.
class Derivatives {
 public:
  virtual ~Derivatives() = default;

  /// dL/dw. The logits are divided by `temperature` first.
  virtual PerWeight gradient(const Masks& masks, const Tensors& weights, double temperature) = 0;

  /// H v, H being the Hessian of L in the kept weights of the masks (all else is constant).
  virtual PerWeight hessian_times(const Masks& masks, const Tensors& weights, const PerWeight& v,
                                  double temperature) = 0;

  /// Mean of (dL_b/dw)^2 over the batches b that the examples make.
  virtual PerWeight squared_gradient(const Masks& masks, const Tensors& weights) = 0;

  /// Mean over examples of sum_c p_c (d log p_c / dw)^2, p being the network's own probabilities: the
  /// diagonal of the Fisher matrix and of the generalised Gauss-Newton matrix, which are one for
  /// cross-entropy (Martens 2020). Exact: no labels are drawn.
  virtual PerWeight fisher_diagonal(const Masks& masks, const Tensors& weights) = 0;

  /// dR/d|w|, R being the sum of the outputs for an image of ones when all parameters and buffers are
  /// replaced by their absolute values; in FP64, without data (Tanaka et al. 2020).
  virtual PerWeight synaptic_flow(const Masks& masks, const Tensors& weights) = 0;
};

}  // namespace coppice
