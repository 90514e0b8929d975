// Blocks of rows that several blocks of threads share, each with some of the slices: where there are too few
// for all multiprocessors.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/panel_mma/problem.h"

namespace coppice::kernels {

/// Leaves this block's sums for whoever comes last, who adds those of all parts, in the order of the parts
/// whoever that is. Whether that is this block. All threads of the block call it.
template <int kFragments>
__device__ __forceinline__ bool add_parts(const PanelProblem& p, const PanelWork& work,
                                          float (&sums)[kFragments][4]) {
  const auto place = [&](std::uint32_t part) {
    const std::size_t at = static_cast<std::size_t>(work.partial + part) * gridDim.y + blockIdx.y;
    return reinterpret_cast<float4*>(p.partial_sums) + at * kFragments * blockDim.x + threadIdx.x;
  };
  float4* const mine = place(work.part);
#pragma unroll
  for (int i = 0; i < kFragments; ++i) {
    mine[i * blockDim.x] = make_float4(sums[i][0], sums[i][1], sums[i][2], sums[i][3]);
  }
  __threadfence();
  __syncthreads();
  unsigned* const flag = reinterpret_cast<unsigned*>(shared_memory());  // all slices have been used
  if (threadIdx.x == 0) {
    unsigned* const done = p.parts_done + static_cast<std::size_t>(work.partial) * gridDim.y + blockIdx.y;
    const bool last = atomicAdd(done, 1u) + 1 == work.parts;
    if (last) *done = 0;  // for the next launch
    *flag = last;
  }
  __syncthreads();
  if (*flag == 0) return false;
  __threadfence();
#pragma unroll
  for (int i = 0; i < kFragments; ++i) sums[i][0] = sums[i][1] = sums[i][2] = sums[i][3] = 0;
#pragma unroll 1
  for (std::uint32_t part = 0; part < work.parts; ++part) {
    const float4* const from = place(part);
#pragma unroll
    for (int i = 0; i < kFragments; ++i) {
      const float4 more = from[i * blockDim.x];
      sums[i][0] += more.x, sums[i][1] += more.y, sums[i][2] += more.z, sums[i][3] += more.w;
    }
  }
  return true;
}

}  // namespace coppice::kernels
