#pragma once
#include "coppice/tensor.h"

#include <ATen/ATen.h>

namespace coppice {

/// A copy in LibTorch's hands; kF32, kI64 and kU8 only.
at::Tensor to_torch(const Tensor& tensor);

/// A contiguous copy in host memory.
Tensor from_torch(const at::Tensor& tensor);

}  // namespace coppice
