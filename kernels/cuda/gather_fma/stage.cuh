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

/// Images [first, first + 32 kLaneImages) of `count` columns; in place of images beyond the last, others that
/// there are, or nothing: nobody reads what is computed from them. kVectors: all rows of x are 16-byte
/// aligned.
template <int kLaneImages, bool kVectors>
__device__ __forceinline__ void copy_columns(const GatherProblem& p, std::uint32_t listed,
                                             std::uint32_t count, std::uint32_t first, unsigned char* to) {
  constexpr std::uint32_t kColumnBytes = kLaneImages * kGatherLaneBytes;
  constexpr std::uint32_t kBringing = kVectors ? kColumnBytes / 16 : 32;  // lanes bring a column
  constexpr std::uint32_t kTogether = 32 / kBringing;
  const std::uint32_t warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
  std::uint32_t turn = lane / kBringing, place = warp + turn * warps;
  unsigned char* shared = to + place * kColumnBytes;
#pragma unroll 1
  for (std::uint32_t i = warp; i < count; i += kTogether * warps) {
    const std::uint32_t column = __shfl_sync(0xffffffffu, listed, static_cast<int>(turn));
    const float* const x = p.x + static_cast<std::int64_t>(column) * p.out.images;
    if constexpr (kVectors) {
      const std::uint32_t image = lane % kBringing * 4, last = p.out.images - 4;
      if (kTogether == 1 || place < count) {
        async_copy16(shared + image * 4, x + (first + image < last ? first + image : last));
      }
    } else {
#pragma unroll
      for (int part = 0; part < kLaneImages; ++part) {
        const std::uint32_t image = lane + 32 * part;
        if (first + image < p.out.images) reinterpret_cast<float*>(shared)[image] = x[first + image];
      }
    }
    turn += kTogether;
    place += kTogether * warps;
    shared += kTogether * warps * kColumnBytes;
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
