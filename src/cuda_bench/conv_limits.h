#pragma once
#include "cuda_bench/limits.h"

namespace coppice {

// own_cuda_limit() of our convolutions. Infinite for sizes that they do not count.

TimeLimit conv_fma_limit(const CudaWork& work, double weight_bytes, const MachineRates& machine,
                         CacheState caches);
TimeLimit conv_mma_limit(const CudaWork& work, double weight_bytes, const MachineRates& machine,
                         CacheState caches);
TimeLimit conv_pixels_limit(const CudaWork& work, double weight_bytes, const MachineRates& machine,
                            CacheState caches);

}  // namespace coppice
