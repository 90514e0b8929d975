#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn.h"

#include "kernels/cuda/libraries/handles.h"

namespace coppice::kernels {

namespace {

std::mutex one_at_a_time;

}  // namespace

Cudnn::Cudnn() : SharedLibrary("cuDNN", {"libcudnn.so." + std::to_string(CUDNN_MAJOR), "libcudnn.so"}) {
  if (!usable()) return;
  const int version = static_cast<int>(cudnnGetVersion());
  set_version(version / 10000, version / 100 % 100, version % 100, CUDNN_MAJOR);
}

std::string Cudnn::reason() const {
#if CUDNN_MAJOR >= 9
  char text[1024] = "";
  cudnnGetLastErrorString(text, sizeof text);
  return *text ? std::string(" (") + text + ")" : "";
#else
  return "";
#endif
}

const Cudnn& cudnn() {
  static const Cudnn library;
  return library;
}

CudnnHandle::CudnnHandle(CudaStream stream) : lock_(one_at_a_time) {
  static Handles<cudnnHandle_t> handles;
  handle_ = handles.of_current_device([] {
    cudnnHandle_t handle = nullptr;
    cudnn().check(cudnn().cudnnCreate(&handle), "making a handle");
    return handle;
  });
  cudnn().check(cudnn().cudnnSetStream(handle_, stream), "choosing a stream");
}

}  // namespace coppice::kernels
#endif
