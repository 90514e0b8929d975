// Several blocks of threads for one part of the output, each with sums over its share of the columns.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/row_plan/last_to_arrive.cuh"

namespace coppice::kernels {

/// True in the block that is done last: its sums are then those of all `parts` blocks, added in the order of
/// the parts and not in that of their ends. All threads of the block call it, behind a barrier that follows
/// the last write to the sums, and meet once more before they read sums of others.
///   room     [parts][vectors], of these blocks alone
///   arrived  as last_to_arrive() has it, and flag
///   sums     in shared memory: [vectors]
__device__ __forceinline__ bool add_parts(float4* room, unsigned* arrived, std::uint32_t part,
                                          std::uint32_t parts, float4* sums, std::uint32_t vectors,
                                          unsigned* flag) {
  constexpr std::uint32_t kTogether = 4;  // parts that are read at once
  for (std::uint32_t i = threadIdx.x; i < vectors; i += blockDim.x) room[part * vectors + i] = sums[i];
  if (!last_to_arrive(arrived, parts, flag)) return false;
#pragma unroll 1
  for (std::uint32_t i = threadIdx.x; i < vectors; i += blockDim.x) {
    float4 total = make_float4(0, 0, 0, 0);
#pragma unroll 1
    for (std::uint32_t first = 0; first < parts; first += kTogether) {
      float4 more[kTogether];
#pragma unroll
      for (std::uint32_t k = 0; k < kTogether; ++k)
        more[k] = first + k < parts ? room[(first + k) * vectors + i] : make_float4(0, 0, 0, 0);
#pragma unroll
      for (std::uint32_t k = 0; k < kTogether; ++k) {
        total.x += more[k].x, total.y += more[k].y, total.z += more[k].z, total.w += more[k].w;
      }
    }
    sums[i] = total;
  }
  return true;
}

}  // namespace coppice::kernels
