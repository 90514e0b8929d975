#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace coppice::kernels {

struct CudaDevice {
  std::string name;
  int index = 0;
  std::string pci_bus_id;    ///< "0000:1b:00.0": what other libraries know it by.
  int major = 0, minor = 0;  ///< Compute capability.
  double memory_bytes = 0;
  int multiprocessors = 0;
  std::int64_t l2_bytes = 0;
  std::int64_t shared_bytes_per_block = 0;  ///< That a launch may ask for.
  std::int64_t shared_bytes_per_multiprocessor = 0;
  double clock_hz = 0;          ///< The highest of the multiprocessors.
  std::string driver, runtime;  ///< The CUDA versions that they serve: "13.0".

  int capability() const { return 10 * major + minor; }  ///< 90 for sm_90.
};

/// The GPUs that the CUDA runtime sees; empty with the reason in `why` where there is none (no driver, say).
std::vector<CudaDevice> cuda_devices(std::string* why);

/// Makes it the calling thread's current device. Throws CudaError.
void use_cuda_device(int index);

}  // namespace coppice::kernels
