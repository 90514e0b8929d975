// The columns of x in shared memory: all images of a column side by side, so that a lane has them with one
// access of at most 16 bytes (two for fp32 with 8 images, which therefore lie in two planes).
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/packed_spmv/problem.h"

namespace coppice::kernels {

/// 4, 8 or 16 bytes in one access.
template <int kWords>
__device__ __forceinline__ void load_vector(std::uint32_t (&to)[kWords], const void* from) {
  if constexpr (kWords == 1) {
    to[0] = *static_cast<const std::uint32_t*>(from);
  } else if constexpr (kWords == 2) {
    const uint2 v = *static_cast<const uint2*>(from);
    to[0] = v.x, to[1] = v.y;
  } else {
    const uint4 v = *static_cast<const uint4*>(from);
    to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
  }
}
template <int kWords>
__device__ __forceinline__ void store_vector(void* to, const std::uint32_t (&from)[kWords]) {
  if constexpr (kWords == 1) {
    *static_cast<std::uint32_t*>(to) = from[0];
  } else if constexpr (kWords == 2) {
    *static_cast<uint2*>(to) = make_uint2(from[0], from[1]);
  } else {
    *static_cast<uint4*>(to) = make_uint4(from[0], from[1], from[2], from[3]);
  }
}

template <class Element, int kImages>
struct SpmvColumns;

template <int kImages>
struct SpmvColumns<std::uint16_t, kImages> {
  static constexpr int kWords = kImages > 1 ? kImages / 2 : 1;  ///< Of a column; one image is a float here.
  static constexpr int kTogether = 2;                           ///< Columns that a thread moves at a time.

  static __device__ __forceinline__ void read(const unsigned char* shared, std::uint32_t slot, std::uint32_t,
                                              float (&x)[kImages]) {
    if constexpr (kImages == 1) {
      x[0] = reinterpret_cast<const float*>(shared)[slot];
    } else {
      std::uint32_t pairs[kWords];
      load_vector(pairs, shared + slot * (4 * kWords));
#pragma unroll
      for (int i = 0; i < kWords; ++i) {
        x[2 * i] = __uint_as_float(pairs[i] << 16);
        x[2 * i + 1] = __uint_as_float(pairs[i] & 0xffff0000u);
      }
    }
  }
  static __device__ __forceinline__ void write(unsigned char* shared, std::uint32_t slot, std::uint32_t,
                                               const std::uint32_t (&column)[kWords]) {
    store_vector(shared + slot * (4 * kWords), column);
  }
};

template <int kImages>
struct SpmvColumns<float, kImages> {
  static constexpr int kWords = kImages;
  static constexpr int kTogether = 1;
  static constexpr int kPlane = kImages < 4 ? kImages : 4;  ///< Images of a plane.

  static __device__ __forceinline__ void read(const unsigned char* shared, std::uint32_t slot,
                                              std::uint32_t block_columns, float (&x)[kImages]) {
#pragma unroll
    for (int plane = 0; plane < kImages / kPlane; ++plane) {
      std::uint32_t bits[kPlane];
      load_vector(bits, shared + (slot + plane * (block_columns + 1)) * (4 * kPlane));
#pragma unroll
      for (int i = 0; i < kPlane; ++i) x[plane * kPlane + i] = __uint_as_float(bits[i]);
    }
  }
  static __device__ __forceinline__ void write(unsigned char* shared, std::uint32_t slot,
                                               std::uint32_t block_columns,
                                               const std::uint32_t (&column)[kWords]) {
#pragma unroll
    for (int plane = 0; plane < kImages / kPlane; ++plane) {
      std::uint32_t bits[kPlane];
#pragma unroll
      for (int i = 0; i < kPlane; ++i) bits[i] = column[plane * kPlane + i];
      store_vector(shared + (slot + plane * (block_columns + 1)) * (4 * kPlane), bits);
    }
  }
};

/// Columns that a thread moves at a time, on their way from x into shared memory: bf16 two neighbours, fp32
/// one. So reads are of 4 bytes at least, and coalesced, wherever x allows it.
template <class Element, int kImages>
struct SpmvPassage {
  using Columns = SpmvColumns<Element, kImages>;
  /// In the order of x: a column's images together where x has them so, else a word for each image, with bf16
  /// of both columns, the first in the lower half.
  std::uint32_t words[kImages];

  static __device__ __forceinline__ bool together(const SpmvProblem& p) {
    return kImages > 1 && p.images == kImages && p.x_column == kImages;
  }

  /// Columns k and (bf16) k + 1; `both`: the second is there.
  __device__ __forceinline__ void load(const SpmvProblem& p, std::uint32_t k, bool both) {
    const Element* x = static_cast<const Element*>(p.x) + k * p.x_column;
    if (together(p)) {
      constexpr int kVector = Columns::kWords < 4 ? Columns::kWords : 4;
      const int vectors = (both ? kImages : Columns::kWords) / kVector;
#pragma unroll
      for (int v = 0; v < kImages / kVector; ++v) {
        std::uint32_t vector[kVector];
        if (v < vectors) load_vector(vector, x + v * (kVector * 4 / static_cast<int>(sizeof(Element))));
#pragma unroll
        for (int i = 0; i < kVector; ++i) words[v * kVector + i] = vector[i];
      }
    } else {
#pragma unroll
      for (int n = 0; n < kImages; ++n) {
        words[n] = n < static_cast<int>(p.images) ? load_image(p, x, both) : 0u;
        x += p.x_image;
      }
    }
  }

  /// `at`: of the first column within its block.
  __device__ __forceinline__ void store(const SpmvProblem& p, unsigned char* shared, std::uint32_t at,
                                        bool both) const {
    if constexpr (Columns::kTogether == 1) {
      Columns::write(shared, at, p.block_columns, words);
    } else {
      std::uint32_t even[Columns::kWords], odd[Columns::kWords];
      if constexpr (kImages == 1) {
        even[0] = words[0] << 16;
        odd[0] = words[0] & 0xffff0000u;
      } else {
        const bool as_they_are = together(p);
#pragma unroll
        for (int i = 0; i < kImages / 2; ++i) {
          even[i] = as_they_are ? words[i] : (words[2 * i] & 0xffffu) | (words[2 * i + 1] << 16);
          odd[i] =
              as_they_are ? words[kImages / 2 + i] : (words[2 * i] >> 16) | (words[2 * i + 1] & 0xffff0000u);
        }
      }
      Columns::write(shared, at / 2, p.block_columns, even);
      if (both) Columns::write(shared, at / 2 + p.block_columns / 2, p.block_columns, odd);
    }
  }

 private:
  static __device__ __forceinline__ std::uint32_t load_image(const SpmvProblem& p, const Element* x,
                                                             bool both) {
    if constexpr (sizeof(Element) == 4) {
      return __float_as_uint(*x);
    } else {
      // Pairs are aligned where rows of x have an even length, or where there is but one.
      if (both && p.x_column == 1 && (p.x_image % 2 == 0 || p.images == 1)) {
        return *reinterpret_cast<const std::uint32_t*>(x);
      }
      return x[0] | (both ? static_cast<std::uint32_t>(x[p.x_column]) << 16 : 0u);
    }
  }
};

/// All threads of the block bring columns [first, first + width) of x into shared memory. Each has several
/// loads under way before its first store.
template <class Element, int kImages>
__device__ __forceinline__ void stage_columns(const SpmvProblem& p, std::uint32_t first, std::uint32_t width,
                                              unsigned char* shared) {
  using Passage = SpmvPassage<Element, kImages>;
  constexpr int kBatch = 8 / kImages;
  const std::uint32_t stride = blockDim.x * Passage::Columns::kTogether;
#pragma unroll 1
  for (std::uint32_t begin = threadIdx.x * Passage::Columns::kTogether; begin < width;
       begin += kBatch * stride) {
    Passage passages[kBatch];
#pragma unroll
    for (int i = 0; i < kBatch; ++i) {
      const std::uint32_t at = begin + i * stride;
      if (at < width) passages[i].load(p, first + at, at + 1 < width);
    }
#pragma unroll
    for (int i = 0; i < kBatch; ++i) {
      const std::uint32_t at = begin + i * stride;
      if (at < width) passages[i].store(p, shared, at, at + 1 < width);
    }
  }
}

}  // namespace coppice::kernels
