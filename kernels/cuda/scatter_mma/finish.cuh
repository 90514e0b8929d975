// From the fragments of sums in registers to rows of sums in shared memory, over the parts of a block of rows
// where there are several: the last to arrive adds them all up, always in the same order.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/scatter_mma/problem.h"

namespace coppice::kernels {

template <int kRowTiles, int kPairs>
struct ScatterSums {
  static constexpr std::uint32_t kTiles = kRowTiles * 2 * kPairs;  ///< Of 16 rows, 8 images.
  /// Floats of a row in shared memory; not a multiple of 32, for the sake of banks.
  static constexpr std::uint32_t kPitch = 16 * kPairs + 4;
  /// Loads that a thread has under way at once.
  static constexpr std::uint32_t kTogether = kTiles < 8 ? kTiles : kTiles % 8 == 0 ? 8 : 6;
  static_assert(kTiles % kTogether == 0);

  /// A fragment of tile `tile` into the rows of the warp.
  static __device__ __forceinline__ void put(float* sums, std::uint32_t tile, float4 fragment) {
    const std::uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const std::uint32_t row = (warp * kRowTiles + tile / (2 * kPairs)) * 16 + lane / 4;
    float* const at = sums + row * kPitch + tile % (2 * kPairs) * 8 + lane % 4 * 2;
    *reinterpret_cast<float2*>(at) = make_float2(fragment.x, fragment.y);
    *reinterpret_cast<float2*>(at + 8 * kPitch) = make_float2(fragment.z, fragment.w);
  }

  static __device__ __forceinline__ void put_all(float* sums, const float (&mine)[kRowTiles][2 * kPairs][4]) {
#pragma unroll
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) put(sums, tile, fragment(mine, tile));
  }

  /// A part's fragments, for the one that will add them up.
  static __device__ __forceinline__ void leave(const ScatterProblem& p, const ScatterPart& part,
                                               const float (&mine)[kRowTiles][2 * kPairs][4]) {
    float4* const to = partial(p, part, part.part);
#pragma unroll
    for (std::uint32_t tile = 0; tile < kTiles; ++tile) to[tile * 32] = fragment(mine, tile);
  }

  /// Whether all other parts have left theirs. All threads of the block call it, and get the same answer.
  static __device__ __forceinline__ bool last_to_arrive(const ScatterProblem& p, const ScatterPart& part,
                                                        unsigned char* shared) {
    std::uint32_t* const flag = reinterpret_cast<std::uint32_t*>(shared + p.flag);
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) {
      const bool last = atomicAdd(p.arrived + part.row_block, 1u) + 1 == part.parts;
      if (last) p.arrived[part.row_block] = 0;  // for the next launch
      *flag = last;
    }
    __syncthreads();
    const bool last = *flag != 0;
    if (last) __threadfence();
    return last;
  }

  static __device__ __forceinline__ void add_parts(const ScatterProblem& p, const ScatterPart& part,
                                                   float* sums) {
    const float4* from = partial(p, part, 0);
    const std::uint32_t step = blockDim.x * kTiles;
#pragma unroll 1
    for (std::uint32_t first = 0; first < kTiles; first += kTogether) {
      float4 sum[kTogether];
#pragma unroll
      for (std::uint32_t i = 0; i < kTogether; ++i) sum[i] = make_float4(0, 0, 0, 0);
#pragma unroll 2
      for (std::uint32_t other = 0; other < part.parts; ++other) {
#pragma unroll
        for (std::uint32_t i = 0; i < kTogether; ++i) {
          const float4 more = from[std::int64_t{other} * step + (first + i) * 32];
          sum[i].x += more.x, sum[i].y += more.y, sum[i].z += more.z, sum[i].w += more.w;
        }
      }
#pragma unroll
      for (std::uint32_t i = 0; i < kTogether; ++i) put(sums, first + i, sum[i]);
    }
  }

 private:
  static __device__ __forceinline__ float4 fragment(const float (&mine)[kRowTiles][2 * kPairs][4],
                                                    std::uint32_t tile) {
    const float(&f)[4] = mine[tile / (2 * kPairs)][tile % (2 * kPairs)];
    return make_float4(f[0], f[1], f[2], f[3]);
  }

  /// The lane's first fragment among those of the warp.
  static __device__ __forceinline__ float4* partial(const ScatterProblem& p, const ScatterPart& part,
                                                    std::uint32_t number) {
    const std::uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    const std::int64_t place = std::int64_t{part.first_partial + number} * warps + warp;
    return static_cast<float4*>(p.partials) + place * kTiles * 32 + lane;
  }
};

}  // namespace coppice::kernels
