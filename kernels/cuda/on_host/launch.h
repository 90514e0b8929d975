#pragma once
#include <cstdint>
#include <functional>

#include "kernels/cuda/on_host/types.h"
#include "kernels/cuda/stream.h"

namespace coppice::kernels {

struct LaunchShape {
  dim3 grid, block;
  std::int64_t shared_bytes = 0;
  CudaStream stream = nullptr;
  /// The kernel calls wait_for_previous_launch(), in every thread.
  bool overlap_previous = false;
};

namespace host_run {

/// Runs `body` for every thread of every block. Throws HostRunError.
void run(const LaunchShape& shape, const std::function<void()>& body);
[[noreturn]] void refuse_null_kernel();

}  // namespace host_run

/// Runs the kernel, and returns when it has ended. Throws HostRunError.
template <class... Parameters, class... Arguments>
void launch(const LaunchShape& shape, void (*kernel)(Parameters...), Arguments... arguments) {
  if (!kernel) host_run::refuse_null_kernel();
  host_run::run(shape, [&] { kernel(static_cast<Parameters>(arguments)...); });
}

}  // namespace coppice::kernels
