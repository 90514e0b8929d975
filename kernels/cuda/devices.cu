#include "kernels/cuda/check.cuh"
#include "kernels/cuda/devices.h"

namespace coppice::kernels {

namespace {

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

int attribute(cudaDeviceAttr what, int device) {
  int value = 0;
  return cudaDeviceGetAttribute(&value, what, device) == cudaSuccess ? value : 0;
}

}  // namespace

std::vector<CudaDevice> cuda_devices(std::string* why) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) {
    cudaGetLastError();
    if (why) *why = cudaGetErrorString(status);
    return {};
  }
  int driver = 0, runtime = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&runtime);
  std::vector<CudaDevice> devices;
  for (int i = 0; i < count; ++i) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, i) != cudaSuccess) continue;
    CudaDevice device;
    device.name = properties.name;
    device.index = i;
    char bus[32] = "";
    if (cudaDeviceGetPCIBusId(bus, sizeof bus, i) == cudaSuccess) device.pci_bus_id = bus;
    device.major = properties.major;
    device.minor = properties.minor;
    device.memory_bytes = static_cast<double>(properties.totalGlobalMem);
    device.multiprocessors = properties.multiProcessorCount;
    device.l2_bytes = properties.l2CacheSize;
    device.shared_bytes_per_block = static_cast<std::int64_t>(properties.sharedMemPerBlockOptin);
    device.shared_bytes_per_multiprocessor = static_cast<std::int64_t>(properties.sharedMemPerMultiprocessor);
    device.clock_hz = 1e3 * attribute(cudaDevAttrClockRate, i);
    device.driver = version_text(driver);
    device.runtime = version_text(runtime);
    devices.push_back(device);
  }
  return devices;
}

void use_cuda_device(int index) {
  check_cuda(cudaSetDevice(index), ("using GPU " + std::to_string(index)).c_str());
}

}  // namespace coppice::kernels
