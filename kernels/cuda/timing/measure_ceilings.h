#pragma once
#include "kernels/cuda/ceilings/ceilings.h"
#include "kernels/cuda/devices.h"

namespace coppice::kernels {

/// Measures now, in about 2 s, on the device, which must be the current one. Throws CudaError.
CudaCeilings measure_ceilings(const CudaDevice& device);

}  // namespace coppice::kernels
