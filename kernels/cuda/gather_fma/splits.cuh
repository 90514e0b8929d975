// Several blocks of threads for one part of the output, each with a share of the columns.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/gather_fma/multiply.cuh"
#include "kernels/cuda/gather_fma/problem.h"

namespace coppice::kernels {

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
/// Where each of the p.splits blocks of a place has made its sums: true in the block that is done last, for
/// which those of all are in `shared`, rows `pitch` floats apart, added in the blocks' order and not in that
/// of their ends. `shared` and `turn` are in shared memory. Leaves p.turns as it was.
template <int kRows, int kLaneImages>
__device__ __forceinline__ bool add_splits(const GatherProblem& p, std::uint32_t place, std::uint32_t split,
                                           const float (&sums)[kRows][kLaneImages], float* shared,
                                           std::uint32_t pitch, std::uint32_t* turn) {
  constexpr std::uint32_t kTogether = 4;  // rows, and parts, that are read at once
  const std::uint32_t row_floats = blockDim.x * kLaneImages, part_floats = kRows * row_floats;
  float* part =
      p.parts + static_cast<std::int64_t>(place) * p.splits * part_floats + threadIdx.x * kLaneImages;
#pragma unroll
  for (int row = 0; row < kRows; ++row)
    store_floats(part + split * part_floats + row * row_floats, sums[row]);
  __threadfence();
  __syncthreads();  // all of the block's sums are there, and its slices have been used
  if (threadIdx.x == 0) *turn = atomicAdd(p.turns + place, 1u);
  __syncthreads();
  if (*turn + 1 < p.splits) return false;
  __threadfence();
  if (threadIdx.x == 0) p.turns[place] = 0;
#pragma unroll 1
  for (std::uint32_t row = 0; row < kRows; row += kTogether) {
    float totals[kTogether][kLaneImages] = {};
#pragma unroll 1
    for (std::uint32_t first = 0; first < p.splits; first += kTogether) {
      float more[kTogether][kTogether][kLaneImages] = {};
#pragma unroll
      for (std::uint32_t i = 0; i < kTogether; ++i) {
        if (first + i >= p.splits) continue;
#pragma unroll
        for (std::uint32_t r = 0; r < kTogether; ++r) {
          load_floats(more[i][r], part + (first + i) * part_floats + (row + r) * row_floats);
        }
      }
#pragma unroll
      for (std::uint32_t i = 0; i < kTogether; ++i) {
#pragma unroll
        for (std::uint32_t r = 0; r < kTogether; ++r) {
#pragma unroll
          for (int image = 0; image < kLaneImages; ++image) totals[r][image] += more[i][r][image];
        }
      }
    }
#pragma unroll
    for (std::uint32_t r = 0; r < kTogether; ++r) store_floats(shared + (row + r) * pitch, totals[r]);
  }
  return true;
}
#endif

}  // namespace coppice::kernels
