#include "kernels/cuda/libraries/cublas.h"

#include "kernels/cuda/libraries/handles.h"

namespace coppice::kernels {

namespace {

std::mutex one_at_a_time;

}  // namespace

Cublas::Cublas()
    : SharedLibrary("cuBLAS", {"libcublas.so." + std::to_string(CUBLAS_VER_MAJOR), "libcublas.so"}) {
  int major = 0, minor = 0, patch = 0;
  if (usable() && cublasGetProperty(MAJOR_VERSION, &major) == CUBLAS_STATUS_SUCCESS &&
      cublasGetProperty(MINOR_VERSION, &minor) == CUBLAS_STATUS_SUCCESS &&
      cublasGetProperty(PATCH_LEVEL, &patch) == CUBLAS_STATUS_SUCCESS) {
    set_version(major, minor, patch, CUBLAS_VER_MAJOR);
  }
}

const Cublas& cublas() {
  static const Cublas library;
  return library;
}

CublasHandle::CublasHandle(CudaStream stream) : lock_(one_at_a_time) {
  static Handles<cublasHandle_t> handles;
  handle_ = handles.of_current_device([] {
    cublasHandle_t handle = nullptr;
    cublas().check(cublas().cublasCreate_v2(&handle), "making a handle");
    return handle;
  });
  cublas().check(cublas().cublasSetStream_v2(handle_, stream), "choosing a stream");
}

}  // namespace coppice::kernels
