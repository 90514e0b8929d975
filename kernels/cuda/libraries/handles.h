#pragma once
#include <cuda_runtime.h>
#include <map>
#include <mutex>

#include "kernels/cuda/check.cuh"

namespace coppice::kernels {

/// A library's handles, one for each device, made at first use and kept: making one takes a while, and
/// destroying one as the process ends may come after the driver has gone.
template <class Handle>
class Handles {
 public:
  /// `make` makes the current device's. Throws what it throws, and CudaError where there is no device.
  template <class Make>
  Handle& of_current_device(Make&& make) {
    int device = 0;
    check_cuda(cudaGetDevice(&device), "asking for the current GPU");
    const std::lock_guard lock(mutex_);
    const auto found = handles_.find(device);
    return found != handles_.end() ? found->second : handles_.try_emplace(device, make()).first->second;
  }

 private:
  std::mutex mutex_;
  std::map<int, Handle> handles_;  // its elements stay where they are
};

}  // namespace coppice::kernels
