#pragma once
#include <cublasLt.h>
#include <memory>
#include <string>
#include <type_traits>

#include "kernels/cuda/error.h"
#include "kernels/cuda/libraries/library.h"

namespace coppice::kernels {

/// What we use of cuBLASLt.
struct CublasLt : SharedLibrary {
  CublasLt();
  COPPICE_LIBRARY_FUNCTION(cublasLtCreate);
  COPPICE_LIBRARY_FUNCTION(cublasLtGetVersion);
  COPPICE_LIBRARY_FUNCTION(cublasLtGetStatusString);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatrixLayoutCreate);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatrixLayoutSetAttribute);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatrixLayoutGetAttribute);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatrixLayoutDestroy);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatmulDescCreate);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatmulDescSetAttribute);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatmulDescGetAttribute);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatmulDescDestroy);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatmulPreferenceCreate);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatmulPreferenceSetAttribute);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatmulPreferenceDestroy);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatmulAlgoGetHeuristic);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatmulAlgoConfigGetAttribute);
  COPPICE_LIBRARY_FUNCTION(cublasLtMatmul);

  void check(cublasStatus_t status, const char* what) const {
    if (status != CUBLAS_STATUS_SUCCESS) {
      throw CudaError(std::string("cuBLASLt, ") + what + ": " + cublasLtGetStatusString(status));
    }
  }
};

const CublasLt& cublaslt();          ///< Opened at first use.
cublasLtHandle_t cublaslt_handle();  ///< The current device's. Throws CudaError.

struct CublasLtDestroy {
  void operator()(cublasLtMatrixLayout_t p) const { cublaslt().cublasLtMatrixLayoutDestroy(p); }
  void operator()(cublasLtMatmulDesc_t p) const { cublaslt().cublasLtMatmulDescDestroy(p); }
  void operator()(cublasLtMatmulPreference_t p) const { cublaslt().cublasLtMatmulPreferenceDestroy(p); }
};
template <class Pointer>
using CublasLtOwned = std::unique_ptr<std::remove_pointer_t<Pointer>, CublasLtDestroy>;

}  // namespace coppice::kernels
