#pragma once
#include "kernels/cuda/devices.h"

namespace coppice::kernels {

/// What launches on the host pretend to run on: sm_90 with few multiprocessors, so that small cases cross
/// them.
CudaDevice host_device();

}  // namespace coppice::kernels
