#include "train/libtorch/cuda.h"

#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <fmt/format.h>

namespace coppice {

namespace {

/// The folder of libtorch_cpu.so, found by an address inside it.
std::filesystem::path torch_folder() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<const void*>(&at::globalContext), &info) || !info.dli_fname) return {};
  return std::filesystem::path(info.dli_fname).parent_path();
}

CudaState open_once() {
  if (!dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL)) {
    return {0, "no NVIDIA driver (libcuda.so.1 not found)"};
  }
  const std::filesystem::path library = torch_folder() / "libtorch_cuda.so";
  if (!std::filesystem::exists(library)) {
    return {0, fmt::format("this LibTorch was built without CUDA ({} not found)", library.string())};
  }
  // cuBLAS is deterministic only with a workspace of fixed size, and reads this when its first handle is
  // made.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  if (!dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
    return {0, fmt::format("LibTorch's CUDA library does not load ({})", dlerror())};
  }
  const at::CUDAHooksInterface& cuda = at::detail::getCUDAHooks();
  if (!cuda.hasCUDART()) {
    return {0, "LibTorch's CUDA library came too late (a GPU must be asked for before the first tensor)"};
  }
  try {
    const int devices = cuda.getNumGPUs();
    if (devices > 0) return {devices, ""};
    return {0, "the NVIDIA driver reports no usable GPU"};
  } catch (const std::exception& error) {
    return {0, fmt::format("the NVIDIA driver does not start ({})", error.what())};
  }
}

}  // namespace

CudaState open_cuda() {
  static const CudaState state = open_once();
  return state;
}

}  // namespace coppice
