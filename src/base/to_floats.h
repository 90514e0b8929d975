#pragma once
#include "coppice/tensor.h"

#include <vector>

namespace coppice {

bool is_floating(DType dtype);

/// The elements of a floating-point tensor (F64, F32, BF16, F16) as float: exact but for F64, which is
/// rounded. Throws Failure for other types.
std::vector<float> to_floats(const Tensor& tensor);

}  // namespace coppice
