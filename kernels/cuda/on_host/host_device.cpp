#include "kernels/cuda/on_host/host_device.h"

namespace coppice::kernels {

CudaDevice host_device() {
  CudaDevice device;
  device.name = "host";
  device.major = 9;
  device.memory_bytes = 1e9;
  device.multiprocessors = 4;
  device.l2_bytes = 50 << 20;
  device.shared_bytes_per_block = 227 << 10;
  device.shared_bytes_per_multiprocessor = 228 << 10;
  device.clock_hz = 1e9;
  device.driver = device.runtime = "none";
  return device;
}

}  // namespace coppice::kernels
