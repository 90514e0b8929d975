#pragma once
#include <string>
#include <vector>

namespace coppice::kernels {

struct CudaDevice {
  std::string name;
  int major = 0, minor = 0;  ///< Compute capability.
  double memory_bytes = 0;
};

/// The GPUs that the CUDA runtime sees; empty with the reason in `why` where there is none (no driver, say).
std::vector<CudaDevice> cuda_devices(std::string* why);

}  // namespace coppice::kernels
