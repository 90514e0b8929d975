#pragma once
#include <string>

#include "kernels/cuda/error.h"
#include "kernels/cuda/on_host/types.h"

namespace coppice::kernels {

/// A kernel, run on the host, did what hardware punishes or leaves undefined, or was launched in a shape that
/// hardware refuses. launch() throws it: on a device it would be a CudaError, or silence.
class HostRunError : public CudaError {
 public:
  using CudaError::CudaError;
  HostRunError(const uint3& block, const uint3& thread, const std::string& what)
      : CudaError("block " + text(block) + ", thread " + text(thread) + ": " + what),
        block_(block),
        thread_(thread) {}

  const uint3& block() const { return block_; }
  const uint3& thread() const { return thread_; }

  static std::string text(const uint3& v) {
    return "(" + std::to_string(v.x) + ", " + std::to_string(v.y) + ", " + std::to_string(v.z) + ")";
  }

 private:
  uint3 block_{}, thread_{};
};

}  // namespace coppice::kernels
