// A slice on its way into shared memory: its columns of x, gathered row by row of x, and its entries.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/gather_fma/problem.h"

namespace coppice::kernels {

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
/// The first of so many slices that belong to a split.
__device__ __forceinline__ std::uint32_t gather_share(std::uint32_t slices, std::uint32_t split,
                                                      std::uint32_t splits) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(slices) * split / splits);
}

/// Warps take the columns of a slice in turn. Lane i holds the warp's i-th, for copy_columns() to deal out;
/// what it holds beyond the slice's last means nothing.
__device__ __forceinline__ std::uint32_t listed_column(const GatherProblem& p, std::uint32_t first) {
  const std::uint32_t warps = blockDim.x / 32;
  return p.columns[first + threadIdx.x / 32 + threadIdx.x % 32 * warps];
}

/// Where all rows of x are 16-byte aligned.
template <int kLaneImages>
__device__ __forceinline__ void copy_vectors(const GatherProblem& p, std::uint32_t listed,
                                             std::uint32_t count, std::uint32_t first, unsigned char* to) {
  constexpr std::uint32_t kColumnBytes = kLaneImages * kGatherLaneBytes;
  constexpr std::uint32_t kLanesEach = kColumnBytes / 16, kTogether = 32 / kLanesEach;
  const std::uint32_t warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
  const std::uint32_t own = lane % kLanesEach * 4, last = p.out.images - 4;
  const float* const x = p.x + (first + own < last ? first + own : last);
  std::uint32_t turn = lane / kLanesEach, place = warp + turn * warps;
  to += place * kColumnBytes + own * 4;
#pragma unroll 1
  for (std::uint32_t i = warp; i < count; i += kTogether * warps) {
    const std::uint32_t column = __shfl_sync(0xffffffffu, listed, static_cast<int>(turn));
    if (kTogether == 1 || place < count) {
      async_copy16(to, x + static_cast<std::int64_t>(column) * p.out.images);
    }
    turn += kTogether;
    place += kTogether * warps;
    to += kTogether * warps * kColumnBytes;
  }
}

/// Where they are not: through registers, several columns under way at a time.
template <int kLaneImages>
__device__ __forceinline__ void copy_floats(const GatherProblem& p, std::uint32_t listed, std::uint32_t count,
                                            std::uint32_t first, unsigned char* to) {
  constexpr std::uint32_t kTogether = 4;
  const std::uint32_t warps = blockDim.x / 32, image = first + threadIdx.x % 32;
  std::uint32_t turn = 0;
#pragma unroll 1
  for (std::uint32_t i = threadIdx.x / 32; i < count; i += kTogether * warps, turn += kTogether) {
    float values[kTogether][kLaneImages] = {};
#pragma unroll
    for (std::uint32_t c = 0; c < kTogether; ++c) {
      const std::uint32_t column = __shfl_sync(0xffffffffu, listed, static_cast<int>(turn + c));
      const float* const x = p.x + static_cast<std::int64_t>(column) * p.out.images + image;
#pragma unroll
      for (int part = 0; part < kLaneImages; ++part) {
        if (i + c * warps < count && image + 32 * part < p.out.images) values[c][part] = x[32 * part];
      }
    }
#pragma unroll
    for (std::uint32_t c = 0; c < kTogether; ++c) {
      if (i + c * warps >= count) continue;
      float* const column = reinterpret_cast<float*>(to) + (i + c * warps) * 32 * kLaneImages;
#pragma unroll
      for (int part = 0; part < kLaneImages; ++part) column[threadIdx.x % 32 + 32 * part] = values[c][part];
    }
  }
}

/// Images [first, first + 32 kLaneImages) of `count` columns; in place of images beyond the last, anything
/// finite where x is: nobody reads what is computed from them.
template <int kLaneImages, bool kVectors>
__device__ __forceinline__ void copy_columns(const GatherProblem& p, std::uint32_t listed,
                                             std::uint32_t count, std::uint32_t first, unsigned char* to) {
  if constexpr (kVectors) {
    copy_vectors<kLaneImages>(p, listed, count, first, to);
  } else {
    copy_floats<kLaneImages>(p, listed, count, first, to);
  }
}

__device__ __forceinline__ void copy_entries(const GatherProblem& p, const GatherSlice& from,
                                             const GatherSlice& end, unsigned char* to) {
  to += threadIdx.x * 16;
#pragma unroll 1
  for (std::uint32_t i = from.vectors + threadIdx.x; i < end.vectors;
       i += blockDim.x, to += blockDim.x * 16) {
    async_copy16(to, p.entries + i);
  }
}
#endif

}  // namespace coppice::kernels
