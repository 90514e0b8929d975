// A slice in shared memory, multiplied: a warp goes through the nonzeros of its rows, row by row.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/gather_fma/problem.h"

namespace coppice::kernels {

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
/// 4, 8 or 16 bytes in one access.
template <int kCount>
__device__ __forceinline__ void load_floats(float (&to)[kCount], const void* from) {
  if constexpr (kCount == 1) {
    to[0] = *static_cast<const float*>(from);
  } else if constexpr (kCount == 2) {
    const float2 v = *static_cast<const float2*>(from);
    to[0] = v.x, to[1] = v.y;
  } else {
    const float4 v = *static_cast<const float4*>(from);
    to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
  }
}
template <int kCount>
__device__ __forceinline__ void store_floats(float* to, const float (&from)[kCount]) {
  if constexpr (kCount == 1) {
    *to = from[0];
  } else if constexpr (kCount == 2) {
    *reinterpret_cast<float2*>(to) = make_float2(from[0], from[1]);
  } else {
    *reinterpret_cast<float4*>(to) = make_float4(from[0], from[1], from[2], from[3]);
  }
}

template <int kLaneImages>
__device__ __forceinline__ void add_products(std::uint32_t weight, const float (&x)[kLaneImages],
                                             float (&sums)[kLaneImages]) {
#pragma unroll
  for (int i = 0; i < kLaneImages; ++i) sums[i] = __fmaf_rn(__uint_as_float(weight), x[i], sums[i]);
}

/// Adds a slice's products to the sums of the warp's rows.
///   x        the lane's images of the slice's first column
///   entries  of the slice, as PackedGather has them
template <int kRows, int kLaneImages>
__device__ __forceinline__ void multiply_slice(const unsigned char* x, const uint4* entries,
                                               float (&sums)[kRows][kLaneImages]) {
  constexpr std::uint32_t kColumnBytes = kLaneImages * kGatherLaneBytes;
  const uint4* stream = entries + reinterpret_cast<const std::uint32_t*>(entries)[threadIdx.x / 32];
  constexpr int kCountVectors = (kRows + 15) / 16;
  std::uint32_t counts[4 * kCountVectors];
#pragma unroll
  for (int i = 0; i < kCountVectors; ++i) {
    const uint4 four = *stream++;
    counts[4 * i] = four.x, counts[4 * i + 1] = four.y, counts[4 * i + 2] = four.z,
               counts[4 * i + 3] = four.w;
  }
  uint4 next = *stream;  // there is one behind the last
#pragma unroll
  for (int row = 0; row < kRows; ++row) {
    std::uint32_t left = counts[row / 4] >> (row % 4 * 8) & 0xffu;
    float first[kLaneImages], second[kLaneImages];
#pragma unroll 1
    for (; left >= 2; left -= 2) {
      const uint4 pair = next;
      next = *++stream;
      load_floats(first, x + pair.y * kColumnBytes);
      load_floats(second, x + pair.w * kColumnBytes);
      add_products(pair.x, first, sums[row]);
      add_products(pair.z, second, sums[row]);
    }
    if (left) {
      const uint4 single = next;
      next = *++stream;
      load_floats(first, x + single.y * kColumnBytes);
      add_products(single.x, first, sums[row]);
    }
  }
}
#endif

}  // namespace coppice::kernels
