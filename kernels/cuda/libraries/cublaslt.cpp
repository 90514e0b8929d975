#include "kernels/cuda/libraries/cublaslt.h"

#include "kernels/cuda/libraries/handles.h"

namespace coppice::kernels {

CublasLt::CublasLt()
    : SharedLibrary("cuBLASLt", {"libcublasLt.so." + std::to_string(CUBLAS_VER_MAJOR), "libcublasLt.so"}) {
  if (!usable()) return;
  const int version = static_cast<int>(cublasLtGetVersion());
  set_version(version / 10000, version / 100 % 100, version % 100, CUBLAS_VER_MAJOR);
}

const CublasLt& cublaslt() {
  static const CublasLt library;
  return library;
}

cublasLtHandle_t cublaslt_handle() {
  static Handles<cublasLtHandle_t> handles;
  return handles.of_current_device([] {
    cublasLtHandle_t handle = nullptr;
    cublaslt().check(cublaslt().cublasLtCreate(&handle), "making a handle");
    return handle;
  });
}

}  // namespace coppice::kernels
