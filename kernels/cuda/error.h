#pragma once
#include <stdexcept>
#include <string>

namespace coppice::kernels {

/// What the CUDA runtime or one of its libraries answered, with the call that it answered.
class CudaError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace coppice::kernels
