#pragma once
#include <cuda_runtime.h>
#include <string>

#include "kernels/cuda/error.h"

namespace coppice::kernels {

/// Throws CudaError with the runtime's words where a call failed.
inline void check_cuda(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // else the next call would report it again
  throw CudaError(std::string(what) + ": " + cudaGetErrorString(status));
}

}  // namespace coppice::kernels
