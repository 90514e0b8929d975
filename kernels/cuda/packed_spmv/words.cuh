// Weights as the kernel reads them, four at a time.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/packed_spmv/columns.cuh"

namespace coppice::kernels {

template <class Element, int kImages>
__device__ __forceinline__ void add_product(float weight, std::uint32_t slot, std::uint32_t block_columns,
                                            const unsigned char* shared, float (&sums)[kImages]) {
  float x[kImages];
  SpmvColumns<Element, kImages>::read(shared, slot, block_columns, x);
#pragma unroll
  for (int n = 0; n < kImages; ++n) sums[n] = __fmaf_rn(weight, x[n], sums[n]);
}

/// A group of bf16 weights: value in the upper half of a word, so that masking makes a float of it.
struct SpmvBf16Group {
  using Element = std::uint16_t;
  uint4 words;

  static __device__ __forceinline__ SpmvBf16Group load(const SpmvProblem& p, std::uint32_t group) {
    return {load_streaming(static_cast<const uint4*>(p.values) + group)};
  }
  template <int kImages>
  __device__ __forceinline__ void add(std::uint32_t block_columns, const unsigned char* shared,
                                      float (&sums)[kImages]) const {
    const std::uint32_t word[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      add_product<Element>(__uint_as_float(word[i] & 0xffff0000u), word[i] & 0xffffu, block_columns, shared,
                           sums);
    }
  }
};

struct SpmvFp32Group {
  using Element = float;
  uint4 values;
  uint2 slots;

  static __device__ __forceinline__ SpmvFp32Group load(const SpmvProblem& p, std::uint32_t group) {
    return {load_streaming(static_cast<const uint4*>(p.values) + group),
            load_streaming(static_cast<const uint2*>(p.slots) + group)};
  }
  template <int kImages>
  __device__ __forceinline__ void add(std::uint32_t block_columns, const unsigned char* shared,
                                      float (&sums)[kImages]) const {
    const std::uint32_t value[4] = {values.x, values.y, values.z, values.w};
    const std::uint32_t slot[4] = {slots.x & 0xffffu, slots.x >> 16, slots.y & 0xffffu, slots.y >> 16};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      add_product<Element>(__uint_as_float(value[i]), slot[i], block_columns, shared, sums);
    }
  }
};

}  // namespace coppice::kernels
