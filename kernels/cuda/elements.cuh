// Elements of activations and the floats that kernels compute with.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"

namespace coppice::kernels {

/// Of a bf16 in the lower half; what is above it must be 0.
__device__ __forceinline__ float widen(std::uint32_t bf16) { return __uint_as_float(bf16 << 16); }

/// To the nearest bf16, ties to even; NaN stays NaN.
__device__ __forceinline__ std::uint32_t narrow(float value) {
  const std::uint32_t bits = __float_as_uint(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (bits >> 16) | 0x40u;
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

__device__ __forceinline__ float to_float(float element) { return element; }
__device__ __forceinline__ float to_float(std::uint16_t element) { return widen(element); }

__device__ __forceinline__ void store_element(float* address, float value) { *address = value; }
__device__ __forceinline__ void store_element(std::uint16_t* address, float value) {
  *address = static_cast<std::uint16_t>(narrow(value));
}

/// max(., 0) where asked for; NaN stays NaN.
__device__ __forceinline__ float activated(float value, bool relu) {
  return relu && value < 0 ? 0.0f : value;
}

}  // namespace coppice::kernels
