#pragma once
#include "kernels/cuda/devices.h"

namespace coppice::kernels {

/// The device that plans are tested for.
inline CudaDevice h200() {
  CudaDevice device;
  device.major = 9;
  device.multiprocessors = 132;
  device.shared_bytes_per_block = 227 << 10;
  device.shared_bytes_per_multiprocessor = 228 << 10;
  device.clock_hz = 1.98e9;
  return device;
}

}  // namespace coppice::kernels
