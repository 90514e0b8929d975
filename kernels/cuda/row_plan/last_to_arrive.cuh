// Blocks of threads that each make a part of the same sums: whoever comes last adds them up.
#pragma once
#include "kernels/cuda/device.cuh"

namespace coppice::kernels {

/// Whether all other parts' blocks have come here before: true in one block, which may then read what all
/// have written before. All threads of a block call it, and get the same answer.
///   arrived  the device's count for these parts: 0 at first, and 0 again when all have come
///   flag     in shared memory: written behind a barrier, read before the function returns
__device__ __forceinline__ bool last_to_arrive(unsigned* arrived, unsigned parts, unsigned* flag) {
  __threadfence();  // what was written is there for all before it is counted
  __syncthreads();
  if (threadIdx.x == 0) {
    const bool last = atomicAdd(arrived, 1u) + 1 == parts;
    if (last) *arrived = 0;  // for the next launch
    *flag = last;
  }
  __syncthreads();
  const bool last = *flag != 0;
  if (last) __threadfence();
  return last;
}

}  // namespace coppice::kernels
