#pragma once
#include <string>

#include "kernels/cuda/libraries/product.h"

namespace coppice::kernels {

/// The most that the matrix of inputs may take.
inline constexpr std::int64_t kMostIm2colBytes = std::int64_t{1} << 30;

/// Empty where a convolution's output lies as the product of its weights and im2col()'s matrix does, and then
/// fills it in; else the reason: a layer that is a product without it, orders that are not, a single column,
/// or a matrix of more than kMostIm2colBytes.
std::string as_im2col_product(const CudaRequest& request, Product* product);

}  // namespace coppice::kernels
