#pragma once
#include <ATen/ATen.h>

namespace coppice {

/// PyTorch's defaults, which every checkpoint of ours means.
inline constexpr double kNormEpsilon = 1e-5;
inline constexpr double kNormMomentum = 0.1;

struct NormTensors {
  at::Tensor weight, bias, running_mean, running_var;
};

/// BatchNorm, plus `addend` where defined, then a ReLU where asked, through kernels/cpu/batch_norm. Float on
/// the CPU; [n, c, h, w] in any memory format (the result is channels last) or [n, c]. While training,
/// updates the running statistics as torch.nn.BatchNorm2d does and can be differentiated.
at::Tensor fused_norm(const at::Tensor& x, const NormTensors& tensors, const at::Tensor& addend, bool relu,
                      bool training);

}  // namespace coppice
