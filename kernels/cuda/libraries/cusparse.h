#pragma once
#include <cusparse.h>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>

#include "kernels/cuda/error.h"
#include "kernels/cuda/libraries/library.h"
#include "kernels/cuda/stream.h"

namespace coppice::kernels {

/// What we use of cuSPARSE.
struct Cusparse : SharedLibrary {
  Cusparse();
  COPPICE_LIBRARY_FUNCTION(cusparseCreate);
  COPPICE_LIBRARY_FUNCTION(cusparseGetProperty);
  COPPICE_LIBRARY_FUNCTION(cusparseGetErrorString);
  COPPICE_LIBRARY_FUNCTION(cusparseSetStream);
  COPPICE_LIBRARY_FUNCTION(cusparseCreateCsr);
  COPPICE_LIBRARY_FUNCTION(cusparseCreateSlicedEll);
  COPPICE_LIBRARY_FUNCTION(cusparseCreateBsr);
  COPPICE_LIBRARY_FUNCTION(cusparseCreateBlockedEll);
  COPPICE_LIBRARY_FUNCTION(cusparseSpMatGetSize);
  COPPICE_LIBRARY_FUNCTION(cusparseDestroySpMat);
  COPPICE_LIBRARY_FUNCTION(cusparseCreateDnVec);
  COPPICE_LIBRARY_FUNCTION(cusparseDnVecSetValues);
  COPPICE_LIBRARY_FUNCTION(cusparseDestroyDnVec);
  COPPICE_LIBRARY_FUNCTION(cusparseCreateDnMat);
  COPPICE_LIBRARY_FUNCTION(cusparseDnMatGet);
  COPPICE_LIBRARY_FUNCTION(cusparseDnMatSetValues);
  COPPICE_LIBRARY_FUNCTION(cusparseDestroyDnMat);
  COPPICE_LIBRARY_FUNCTION(cusparseSpMV_bufferSize);
  COPPICE_LIBRARY_FUNCTION(cusparseSpMV_preprocess);
  COPPICE_LIBRARY_FUNCTION(cusparseSpMV);
  COPPICE_LIBRARY_FUNCTION(cusparseSpMM_bufferSize);
  COPPICE_LIBRARY_FUNCTION(cusparseSpMM_preprocess);
  COPPICE_LIBRARY_FUNCTION(cusparseSpMM);

  void check(cusparseStatus_t status, const char* what) const {
    if (status != CUSPARSE_STATUS_SUCCESS) {
      throw CudaError(std::string("cuSPARSE, ") + what + ": " + cusparseGetErrorString(status));
    }
  }
};

const Cusparse& cusparse();  ///< Opened at first use.

/// The current device's handle, bound to a stream for as long as this lives: it carries the stream along, so
/// only one thread may use it at a time. Throws CudaError.
class CusparseHandle {
 public:
  explicit CusparseHandle(CudaStream stream);
  operator cusparseHandle_t() const { return handle_; }

 private:
  std::unique_lock<std::mutex> lock_;
  cusparseHandle_t handle_ = nullptr;
};

struct CusparseDestroy {
  void operator()(cusparseSpMatDescr_t p) const { cusparse().cusparseDestroySpMat(p); }
  void operator()(cusparseDnVecDescr_t p) const { cusparse().cusparseDestroyDnVec(p); }
  void operator()(cusparseDnMatDescr_t p) const { cusparse().cusparseDestroyDnMat(p); }
};
template <class Pointer>
using CusparseOwned = std::unique_ptr<std::remove_pointer_t<Pointer>, CusparseDestroy>;

}  // namespace coppice::kernels
