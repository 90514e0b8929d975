#pragma once
#include <cstdint>
#include <string>

#include "kernels/cuda/candidate.h"

namespace coppice::kernels {

/// A layer as one product of matrices, y[rows x columns] = W[rows x inner] x[inner x columns]: linear layers,
/// and 1x1 convolutions whose activations lie so that all pixels of all images are columns of one matrix.
struct Product {
  std::int64_t rows = 0, inner = 0, columns = 0;
  bool x_by_row = false;  ///< x lies in memory as [inner][columns], else as [columns][inner].
  bool y_by_row = false;  ///< y and the residual: [rows][columns], else [columns][rows].
};

/// Empty where the request is such a product, and then fills it in; else the reason.
std::string as_product(const CudaRequest& request, Product* product);

/// Empty where the device computes in the request's precision on the units that libraries use for it.
std::string precision_refusal(const CudaRequest& request);

}  // namespace coppice::kernels
