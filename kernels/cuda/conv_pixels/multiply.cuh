// A chunk in shared memory, multiplied: a warp goes through the nonzeros of its rows, row by row, its lanes
// through pixels.
#pragma once
#include <cstdint>

#include "kernels/cuda/conv_pixels/problem.h"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/gather_fma/multiply.cuh"

namespace coppice::kernels {

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
/// Where in a channel's patch the cell lies, in bytes, that weight (0, 0) meets at each of the lane's pixels,
/// which are lane, lane + 32, ... of the tile. Beyond its last pixel the last stands.
template <int kLanePixels>
struct LanePixels {
  std::uint32_t bytes[kLanePixels];

  __device__ __forceinline__ explicit LanePixels(const ConvPixelsProblem& p) {
    const std::uint32_t last = p.patch.tile_width * p.patch.tile_height - 1;
#pragma unroll
    for (int i = 0; i < kLanePixels; ++i) {
      const std::uint32_t pixel = min(threadIdx.x % 32 + 32u * static_cast<std::uint32_t>(i), last);
      const std::uint32_t row = pixel / p.patch.tile_width, column = pixel % p.patch.tile_width;
      bytes[i] = 4 * (row * p.patch.pixel_rows * p.pitch + column * p.patch.pixel_columns);
    }
  }
};

template <int kLanePixels>
__device__ __forceinline__ void load_cells(float (&cells)[kLanePixels], const unsigned char* patches,
                                           const LanePixels<kLanePixels>& pixels, std::uint32_t offset) {
#pragma unroll
  for (int i = 0; i < kLanePixels; ++i)
    cells[i] = *reinterpret_cast<const float*>(patches + (pixels.bytes[i] + offset));
}

template <int kLanePixels>
__device__ __forceinline__ void add_weighted(std::uint32_t weight, const float (&cells)[kLanePixels],
                                             float (&sums)[kLanePixels]) {
#pragma unroll
  for (int i = 0; i < kLanePixels; ++i) sums[i] = __fmaf_rn(__uint_as_float(weight), cells[i], sums[i]);
}

/// Adds the products of kTaken pairs of entries.
template <int kTaken, int kAhead, int kLanePixels>
__device__ __forceinline__ void add_pairs(GatherStream<kAhead>& stream, const unsigned char* patches,
                                          const LanePixels<kLanePixels>& pixels, float (&sums)[kLanePixels]) {
  uint4 pairs[kTaken];
  stream.take(pairs);
  float first[kTaken][kLanePixels], second[kTaken][kLanePixels];
#pragma unroll
  for (int i = 0; i < kTaken; ++i) {
    load_cells(first[i], patches, pixels, pairs[i].y);
    load_cells(second[i], patches, pixels, pairs[i].w);
  }
#pragma unroll
  for (int i = 0; i < kTaken; ++i) {
    add_weighted(pairs[i].x, first[i], sums);
    add_weighted(pairs[i].z, second[i], sums);
  }
}

/// Adds a slice's products to the sums of the warp's rows.
///   patches  of the chunk's first channel
///   entries  of the slice, as PackedConvPixels has them
///   sums     in shared memory, of the lane: [row][kLanePixels], 32 floats apart
template <int kLanePixels>
__device__ __forceinline__ void multiply_slice(const unsigned char* patches, const uint4* entries,
                                               std::uint32_t rows, const LanePixels<kLanePixels>& pixels,
                                               float* sums) {
  constexpr int kAhead = 2;
  static_assert(kAhead <= kConvPixelsVectorsBehind);
  const uint4* const own = entries + reinterpret_cast<const std::uint32_t*>(entries)[threadIdx.x / 32];
  const std::uint16_t* const counts = reinterpret_cast<const std::uint16_t*>(own);
  GatherStream<kAhead> stream(own + (rows + 7) / 8);
  std::uint32_t left = counts[0];
#pragma unroll 1
  for (std::uint32_t row = 0; row < rows; ++row, sums += 32 * kLanePixels) {
    const std::uint32_t next = counts[row + 1];  // of a row too many, something
    if (left > 0) {
      float sum[kLanePixels];
#pragma unroll
      for (int i = 0; i < kLanePixels; ++i) sum[i] = sums[32 * i];
#pragma unroll 1
      for (; left >= 2 * kAhead; left -= 2 * kAhead) add_pairs<kAhead>(stream, patches, pixels, sum);
      if (left >= 2) {
        add_pairs<1>(stream, patches, pixels, sum);
        left -= 2;
      }
      if (left) {
        uint4 single[1];
        stream.take(single);
        float last[kLanePixels];
        load_cells(last, patches, pixels, single[0].y);
        add_weighted(single[0].x, last, sum);
      }
#pragma unroll
      for (int i = 0; i < kLanePixels; ++i) sums[32 * i] = sum[i];
    }
    left = next;
  }
}
#endif

}  // namespace coppice::kernels
