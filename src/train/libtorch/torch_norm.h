#pragma once
#include <ATen/ATen.h>

#include "model/norm.h"

namespace coppice {

struct NormTensors {
  at::Tensor weight, bias, running_mean, running_var;
};

/// BatchNorm, plus `addend` where defined, then a ReLU where asked, through kernels/cpu/batch_norm. Float on
/// the CPU; [n, c, h, w] in any memory format (the result is channels last) or [n, c]. While training,
/// updates the running statistics as torch.nn.BatchNorm2d does and can be differentiated.
at::Tensor fused_norm(const at::Tensor& x, const NormTensors& tensors, const at::Tensor& addend, bool relu,
                      bool training);

}  // namespace coppice
