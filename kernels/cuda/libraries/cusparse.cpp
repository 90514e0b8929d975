#include "kernels/cuda/libraries/cusparse.h"

#include "kernels/cuda/libraries/handles.h"

namespace coppice::kernels {

namespace {

std::mutex one_at_a_time;

}  // namespace

Cusparse::Cusparse()
    : SharedLibrary("cuSPARSE", {"libcusparse.so." + std::to_string(CUSPARSE_VER_MAJOR), "libcusparse.so"}) {
  int major = 0, minor = 0, patch = 0;
  if (usable() && cusparseGetProperty(MAJOR_VERSION, &major) == CUSPARSE_STATUS_SUCCESS &&
      cusparseGetProperty(MINOR_VERSION, &minor) == CUSPARSE_STATUS_SUCCESS &&
      cusparseGetProperty(PATCH_LEVEL, &patch) == CUSPARSE_STATUS_SUCCESS) {
    set_version(major, minor, patch, CUSPARSE_VER_MAJOR);
  }
}

const Cusparse& cusparse() {
  static const Cusparse library;
  return library;
}

CusparseHandle::CusparseHandle(CudaStream stream) : lock_(one_at_a_time) {
  static Handles<cusparseHandle_t> handles;
  handle_ = handles.of_current_device([] {
    cusparseHandle_t handle = nullptr;
    cusparse().check(cusparse().cusparseCreate(&handle), "making a handle");
    return handle;
  });
  cusparse().check(cusparse().cusparseSetStream(handle_, stream), "choosing a stream");
}

}  // namespace coppice::kernels
