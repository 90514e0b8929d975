// From the fragments of sums in registers to rows of sums in shared memory: over the teams of a block, and
// over the parts of a block of rows where there are several. The last of these to arrive adds them all up.
// Always in the same order.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/row_plan/last_to_arrive.cuh"
#include "kernels/cuda/scatter_mma/problem.h"

namespace coppice::kernels {

__device__ __forceinline__ void add_to(float4& sum, const float4& more) {
  sum.x += more.x, sum.y += more.y, sum.z += more.z, sum.w += more.w;
}

/// `sums` in shared memory: [team][row][kPitch]. What is not in fragments is worked on four floats at a time.
template <int kRowTiles, int kPairs>
struct ScatterSums {
  static constexpr std::uint32_t kImages = 16 * kPairs;
  static constexpr std::uint32_t kPitch = kImages + 4;  ///< Not a multiple of 32, for the sake of banks.
  static constexpr std::uint32_t kTogether = 8;         ///< Loads that a thread has under way at once.

  const ScatterProblem& p;
  const ScatterPart& part;
  float* sums;
  std::uint32_t rows;  ///< Of a block.

  /// A warp's fragments; `first_row`: of its team's rows, one team after the other.
  __device__ __forceinline__ void put(const float (&mine)[kRowTiles][2 * kPairs][4], std::uint32_t first_row,
                                      std::uint32_t lane) const {
#pragma unroll
    for (std::uint32_t tile = 0; tile < kRowTiles; ++tile) {
      float* const at = sums + (first_row + tile * 16 + lane / 4) * kPitch + lane % 4 * 2;
#pragma unroll
      for (std::uint32_t i = 0; i < 2 * kPairs; ++i) {
        const float(&f)[4] = mine[tile][i];
        *reinterpret_cast<float2*>(at + 8 * i) = make_float2(f[0], f[1]);
        *reinterpret_cast<float2*>(at + 8 * i + 8 * kPitch) = make_float2(f[2], f[3]);
      }
    }
  }

  /// The first team's sums become those of all.
  __device__ __forceinline__ void add_teams() const {
    for (std::uint32_t i = threadIdx.x; i < quads(); i += blockDim.x) *quad(i) = over_teams(i);
  }

  /// A part's sums, for the one that will add them up.
  __device__ __forceinline__ void leave() const {
    float4* const to = partial(part.part);
    for (std::uint32_t i = threadIdx.x; i < quads(); i += blockDim.x) to[i] = over_teams(i);
  }

  /// Whether all other parts have left theirs.
  __device__ __forceinline__ bool last() const {
    return last_to_arrive(p.arrived + part.row_block, part.parts,
                          reinterpret_cast<unsigned*>(shared_memory() + p.flag));
  }

  __device__ __forceinline__ void add_parts() const {
    const float4* const from = partial(0);
#pragma unroll 1
    for (std::uint32_t first = threadIdx.x; first < quads(); first += kTogether * blockDim.x) {
      float4 sum[kTogether];
#pragma unroll
      for (std::uint32_t i = 0; i < kTogether; ++i) sum[i] = make_float4(0, 0, 0, 0);
#pragma unroll 2
      for (std::uint32_t other = 0; other < part.parts; ++other) {
#pragma unroll
        for (std::uint32_t i = 0; i < kTogether; ++i) {
          const std::uint32_t at = first + i * blockDim.x;
          if (at < quads()) add_to(sum[i], from[std::int64_t{other} * quads() + at]);
        }
      }
#pragma unroll
      for (std::uint32_t i = 0; i < kTogether; ++i) {
        if (first + i * blockDim.x < quads()) *quad(first + i * blockDim.x) = sum[i];
      }
    }
  }

 private:
  __device__ __forceinline__ std::uint32_t quads() const { return rows * (kImages / 4); }
  __device__ __forceinline__ float4* quad(std::uint32_t i) const {
    return reinterpret_cast<float4*>(sums + i / (kImages / 4) * kPitch + i % (kImages / 4) * 4);
  }
  __device__ __forceinline__ float4 over_teams(std::uint32_t i) const {
    float4 sum = *quad(i);
    for (std::uint32_t team = 1; team < p.teams; ++team) add_to(sum, quad(i)[team * rows * (kPitch / 4)]);
    return sum;
  }
  __device__ __forceinline__ float4* partial(std::uint32_t number) const {
    return static_cast<float4*>(p.partials) + std::int64_t{part.first_partial + number} * quads();
  }
};

}  // namespace coppice::kernels
