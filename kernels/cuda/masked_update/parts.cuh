// What the masked update is made of: a thread's quads of elements, and which of them are kept. The lanes of a
// warp have quads side by side, and a warp those of kUpdateQuads rounds, so that each access of a warp is 512
// bytes in a row, and two lanes share a byte of the mask, which is a sector of 32 bytes.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/masked_update/problem.h"

namespace coppice::kernels {

/// Which quad of the chunk the thread has in a round.
__device__ __forceinline__ std::uint32_t quad_of(int round) {
  const std::uint32_t warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  return (warp * kUpdateQuads + static_cast<std::uint32_t>(round)) * 32 + lane;
}

__device__ __forceinline__ bool has_quad(const UpdateChunk& chunk, int round) {
  return quad_of(round) < chunk.quads;
}

/// Bytes of the mask, one for each round: on their way from memory,
struct MaskBytes {
  std::uint32_t of[kUpdateQuads];
};
/// and in one register.
__device__ __forceinline__ std::uint32_t packed(const MaskBytes& bytes) {
  std::uint32_t word = 0;
#pragma unroll
  for (int round = 0; round < kUpdateQuads; ++round) word |= bytes.of[round] << (8 * round);
  return word;
}
__device__ __forceinline__ std::uint32_t byte_of(std::uint32_t mask, int round) {
  return mask >> (8 * round) & 0xffu;
}

__device__ __forceinline__ MaskBytes mask_bytes(const UpdateChunk& chunk) {
  MaskBytes bytes;
#pragma unroll
  for (int round = 0; round < kUpdateQuads; ++round) {
    bytes.of[round] = 0;
    if (has_quad(chunk, round)) bytes.of[round] = chunk.mask ? global(chunk.mask)[quad_of(round) / 2] : 0xffu;
  }
  return bytes;
}

/// Whether element `i` of the thread's quad is kept, by the byte that it shares.
__device__ __forceinline__ bool kept_in(std::uint32_t byte, int round, int i) {
  return (byte >> (quad_of(round) % 2 * 4 + static_cast<std::uint32_t>(i)) & 1u) != 0;
}

/// The same of any element of the chunk.
__device__ __forceinline__ bool kept_at(const UpdateChunk& chunk, std::uint32_t element) {
  return !chunk.mask || (global(chunk.mask)[element / 8] >> (element % 8) & 1) != 0;
}

/// Exactly +0 where it is not kept, whatever it is.
__device__ __forceinline__ float cleared(float value, bool kept) { return kept ? value : 0.0f; }

/// Elements of no quad begin here.
__device__ __forceinline__ std::uint32_t first_single(const UpdateChunk& chunk) { return 4 * chunk.quads; }

/// The next chunk of a block.
__device__ __forceinline__ std::uint32_t chunk_after(std::uint32_t chunk) { return chunk + gridDim.x; }

/// Four gradients as they lie in memory; they are made floats when all loads are under way.
template <class Element>
struct GradientQuad;
template <>
struct GradientQuad<float> {
  uint4 raw;
  __device__ __forceinline__ void load(const void* gradients, std::uint32_t quad) {
    raw = load_streaming(static_cast<const uint4*>(gradients) + quad);
  }
  __device__ __forceinline__ void floats(float (&to)[4]) const {
    to[0] = __uint_as_float(raw.x), to[1] = __uint_as_float(raw.y);
    to[2] = __uint_as_float(raw.z), to[3] = __uint_as_float(raw.w);
  }
};
template <>
struct GradientQuad<std::uint16_t> {
  uint2 raw;
  __device__ __forceinline__ void load(const void* gradients, std::uint32_t quad) {
    raw = load_streaming(static_cast<const uint2*>(gradients) + quad);
  }
  __device__ __forceinline__ void floats(float (&to)[4]) const {
    to[0] = widen(raw.x & 0xffffu), to[1] = widen(raw.x >> 16);
    to[2] = widen(raw.y & 0xffffu), to[3] = widen(raw.y >> 16);
  }
};

__device__ __forceinline__ float4 load_quad(const float* array, std::uint32_t quad) {
  return reinterpret_cast<const float4*>(global(array))[quad];
}
__device__ __forceinline__ void store_quad(float* array, std::uint32_t quad, const float (&v)[4]) {
  reinterpret_cast<float4*>(global(array))[quad] = make_float4(v[0], v[1], v[2], v[3]);
}

}  // namespace coppice::kernels
