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

/// A warp's entries as they come: kAhead vectors are read ahead, since shared memory takes as long to answer
/// as the products of several entries.
template <int kAhead>
struct GatherStream {
  const uint4* at;
  uint4 next[kAhead];

  __device__ __forceinline__ explicit GatherStream(const uint4* first) : at(first) {
#pragma unroll
    for (int i = 0; i < kAhead; ++i) next[i] = first[i];
  }
  /// The next kTaken vectors.
  template <int kTaken>
  __device__ __forceinline__ void take(uint4 (&vectors)[kTaken]) {
#pragma unroll
    for (int i = 0; i < kTaken; ++i) vectors[i] = next[i];
#pragma unroll
    for (int i = 0; i < kAhead; ++i) next[i] = i + kTaken < kAhead ? next[i + kTaken] : at[i + kTaken];
    at += kTaken;
  }
};

/// Adds the products of kTaken pairs of entries.
template <int kTaken, int kAhead, int kLaneImages>
__device__ __forceinline__ void add_pairs(GatherStream<kAhead>& stream, const unsigned char* x,
                                          float (&sums)[kLaneImages]) {
  constexpr std::uint32_t kColumnBytes = kLaneImages * kGatherLaneBytes;
  uint4 pairs[kTaken];
  stream.take(pairs);
  float first[kTaken][kLaneImages], second[kTaken][kLaneImages];
#pragma unroll
  for (int i = 0; i < kTaken; ++i) {
    load_floats(first[i], x + pairs[i].y * kColumnBytes);
    load_floats(second[i], x + pairs[i].w * kColumnBytes);
  }
#pragma unroll
  for (int i = 0; i < kTaken; ++i) {
    add_products(pairs[i].x, first[i], sums);
    add_products(pairs[i].z, second[i], sums);
  }
}

/// Adds a slice's products to the sums of the warp's rows.
///   x        the lane's images of the slice's first column
///   entries  of the slice, as PackedGather has them
template <int kRows, int kLaneImages>
__device__ __forceinline__ void multiply_slice(const unsigned char* x, const uint4* entries,
                                               float (&sums)[kRows][kLaneImages]) {
  constexpr int kAhead = kRows * kLaneImages <= kGatherFewSums ? 2 : 1;
  constexpr int kCountVectors = (kRows + 15) / 16;
  static_assert(kAhead <= kGatherVectorsBehind);
  const uint4* from = entries + reinterpret_cast<const std::uint32_t*>(entries)[threadIdx.x / 32];
  std::uint32_t counts[4 * kCountVectors];
#pragma unroll
  for (int i = 0; i < kCountVectors; ++i) {
    const uint4 four = *from++;
    counts[4 * i] = four.x, counts[4 * i + 1] = four.y, counts[4 * i + 2] = four.z,
               counts[4 * i + 3] = four.w;
  }
  GatherStream<kAhead> stream(from);
#pragma unroll
  for (int row = 0; row < kRows; ++row) {
    std::uint32_t left = counts[row / 4] >> (row % 4 * 8) & 0xffu;
#pragma unroll 1
    for (; left >= 2 * kAhead; left -= 2 * kAhead) add_pairs<kAhead>(stream, x, sums[row]);
    if (kAhead > 1 && left >= 2) {
      add_pairs<1>(stream, x, sums[row]);
      left -= 2;
    }
    if (left) {
      uint4 single[1];
      stream.take(single);
      float last[kLaneImages];
      load_floats(last, x + single[0].y * (kLaneImages * kGatherLaneBytes));
      add_products(single[0].x, last, sums[row]);
    }
  }
}
#endif

}  // namespace coppice::kernels
