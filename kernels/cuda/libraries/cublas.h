#pragma once
#include <cublas_v2.h>
#include <mutex>
#include <string>
#include <type_traits>

#include "kernels/cuda/error.h"
#include "kernels/cuda/libraries/library.h"
#include "kernels/cuda/stream.h"

namespace coppice::kernels {

/// What we use of cuBLAS proper, whose kernels for a matrix times a vector cuBLASLt does not offer.
struct Cublas : SharedLibrary {
  Cublas();
  COPPICE_LIBRARY_FUNCTION(cublasCreate_v2);
  COPPICE_LIBRARY_FUNCTION(cublasGetProperty);
  COPPICE_LIBRARY_FUNCTION(cublasGetStatusString);
  COPPICE_LIBRARY_FUNCTION(cublasSetStream_v2);
  COPPICE_LIBRARY_FUNCTION(cublasSgemv_v2);
  /// Spelt out, since the header overloads the name.
  using GemmEx = cublasStatus_t(cublasHandle_t, cublasOperation_t, cublasOperation_t, int m, int n, int k,
                                const void* alpha, const void* a, cudaDataType, int lda, const void* b,
                                cudaDataType, int ldb, const void* beta, void* c, cudaDataType, int ldc,
                                cublasComputeType_t, cublasGemmAlgo_t);
  GemmEx* gemm_ex = reinterpret_cast<GemmEx*>(symbol("cublasGemmEx"));

  void check(cublasStatus_t status, const char* what) const {
    if (status != CUBLAS_STATUS_SUCCESS) {
      throw CudaError(std::string("cuBLAS, ") + what + ": " + cublasGetStatusString(status));
    }
  }
};

static_assert(std::is_same_v<decltype(static_cast<Cublas::GemmEx*>(&::cublasGemmEx)), Cublas::GemmEx*>,
              "as the header has it");

const Cublas& cublas();  ///< Opened at first use.

/// The current device's handle, bound to a stream for as long as this lives: it carries the stream along, so
/// only one thread may use it at a time. Throws CudaError.
class CublasHandle {
 public:
  explicit CublasHandle(CudaStream stream);
  operator cublasHandle_t() const { return handle_; }

 private:
  std::unique_lock<std::mutex> lock_;
  cublasHandle_t handle_ = nullptr;
};

}  // namespace coppice::kernels
