#pragma once
#include <library_types.h>

#include "kernels/cuda/candidate.h"

namespace coppice::kernels {

/// How the libraries call what weights and activations are stored as.
inline cudaDataType_t cuda_type(Precision precision) {
  return precision == Precision::kBf16 ? CUDA_R_16BF : CUDA_R_32F;
}

}  // namespace coppice::kernels
