#pragma once
#include <cusparseLt.h>
#include <string>

#include "kernels/cuda/error.h"
#include "kernels/cuda/libraries/library.h"

namespace coppice::kernels {

/// What we use of cuSPARSELt.
struct CusparseLt : SharedLibrary {
  CusparseLt();
  COPPICE_LIBRARY_FUNCTION(cusparseLtInit);
  COPPICE_LIBRARY_FUNCTION(cusparseLtGetProperty);
  COPPICE_LIBRARY_FUNCTION(cusparseLtGetErrorString);
  COPPICE_LIBRARY_FUNCTION(cusparseLtDenseDescriptorInit);
  COPPICE_LIBRARY_FUNCTION(cusparseLtStructuredDescriptorInit);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatDescriptorDestroy);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatmulDescriptorInit);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatmulDescSetAttribute);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatmulAlgSelectionInit);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatmulAlgSelectionDestroy);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatmulAlgSetAttribute);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatmulAlgGetAttribute);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatmulPlanInit);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatmulPlanDestroy);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatmulGetWorkspace);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatmul);
  COPPICE_LIBRARY_FUNCTION(cusparseLtMatmulSearch);
  COPPICE_LIBRARY_FUNCTION(cusparseLtSpMMACompressedSize2);
  COPPICE_LIBRARY_FUNCTION(cusparseLtSpMMACompress2);

  void check(cusparseStatus_t status, const char* what) const {
    if (status != CUSPARSE_STATUS_SUCCESS) {
      throw CudaError(std::string("cuSPARSELt, ") + what + ": " + cusparseLtGetErrorString(status));
    }
  }
};

const CusparseLt& cusparselt();                 ///< Opened at first use.
const cusparseLtHandle_t* cusparselt_handle();  ///< The current device's. Throws CudaError.

}  // namespace coppice::kernels
