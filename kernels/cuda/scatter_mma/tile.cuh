// A warp's dense tile of weights: 16 kRowTiles rows, 64 columns of bf16, zeros but for the slice's nonzeros.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/scatter_mma/problem.h"
#include "kernels/cuda/scatter_mma/stage.cuh"

namespace coppice::kernels {

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800

template <int kRowTiles>
struct ScatterTile {
  static constexpr std::uint32_t kRows = 16 * kRowTiles;
  static constexpr std::uint32_t kBytes = kRows * 128;
  /// From here on it is cheaper to write zeros everywhere than to read the words again.
  static constexpr std::uint32_t kManyGroups = 3 * kRows;

  static __device__ __forceinline__ void clear(unsigned char* tile, std::uint32_t lane) {
#pragma unroll 4
    for (std::uint32_t at = lane * 16; at < kBytes; at += 512) {
      *reinterpret_cast<uint4*>(tile + at) = make_uint4(0, 0, 0, 0);
    }
  }

  /// A lane's first groups of a list, kept from scatter() to erase().
  template <int kKept>
  struct Kept {
    uint4 groups[kKept];
  };

  /// Each nonzero to its place: groups [begin, end) of the slice.
  template <int kKept>
  static __device__ __forceinline__ void scatter(unsigned char* tile, const uint4* groups,
                                                 std::uint32_t begin, std::uint32_t end, std::uint32_t lane,
                                                 Kept<kKept>& kept) {
#pragma unroll
    for (std::uint32_t i = 0; i < kKept; ++i) {
      if (begin + i * 32 + lane < end) kept.groups[i] = groups[begin + i * 32 + lane];
    }
#pragma unroll
    for (std::uint32_t i = 0; i < kKept; ++i) {
      if (begin + i * 32 + lane < end) put_values(tile, kept.groups[i]);
    }
#pragma unroll 1
    for (std::uint32_t i = begin + kKept * 32 + lane; i < end; i += 32) put_values(tile, groups[i]);
  }

  /// Zeros where scatter() put something.
  template <int kKept>
  static __device__ __forceinline__ void erase(unsigned char* tile, const uint4* groups, std::uint32_t begin,
                                               std::uint32_t end, std::uint32_t lane,
                                               const Kept<kKept>& kept) {
    if (end - begin >= kManyGroups) return clear(tile, lane);
#pragma unroll
    for (std::uint32_t i = 0; i < kKept; ++i) {
      if (begin + i * 32 + lane < end) put_zeros(tile, kept.groups[i]);
    }
#pragma unroll 1
    for (std::uint32_t i = begin + kKept * 32 + lane; i < end; i += 32) put_zeros(tile, groups[i]);
  }

  /// sums += tile * x, fragment by fragment as mma_bf16 has them.
  template <int kPairs, bool kImagesLast>
  static __device__ __forceinline__ void multiply(const unsigned char* tile, const unsigned char* x,
                                                  std::uint32_t lane,
                                                  float (&sums)[kRowTiles][2 * kPairs][4]) {
    using X = ScatterX<kPairs, kImagesLast>;
    const std::uint32_t in_eight = lane % 8, second = lane / 8 % 2, fourth = lane / 16;
#pragma unroll 2  // not 4: registers
    for (std::uint32_t k = 0; k < kScatterColumns / 16; ++k) {
      std::uint32_t a[kRowTiles][4];
#pragma unroll
      for (std::uint32_t rows = 0; rows < kRowTiles; ++rows) {
        const std::uint32_t row = rows * 16 + second * 8 + in_eight;
        load_matrices(a[rows], tile + row * 128 + ((2 * k + fourth) ^ in_eight) * 16);
      }
#pragma unroll
      for (std::uint32_t pair = 0; pair < kPairs; ++pair) {
        std::uint32_t b[4];  // of images 0 to 7: columns 0 to 7 and 8 to 15; then of images 8 to 15
        if constexpr (kImagesLast) {
          load_matrices_transposed(b, x + X::place(16 * k + second * 8 + in_eight, 2 * pair + fourth));
        } else {
          load_matrices(b, x + X::place(16 * pair + fourth * 8 + in_eight, 2 * k + second));
        }
        const std::uint32_t low[2] = {b[0], b[1]}, high[2] = {b[2], b[3]};
#pragma unroll
        for (std::uint32_t rows = 0; rows < kRowTiles; ++rows) {
          mma_bf16(sums[rows][2 * pair], a[rows], low);
          mma_bf16(sums[rows][2 * pair + 1], a[rows], high);
        }
      }
    }
  }

 private:
  static __device__ __forceinline__ void put(unsigned char* tile, std::uint32_t word, std::uint32_t value) {
    *reinterpret_cast<std::uint16_t*>(tile + (word & 0xffffu)) = static_cast<std::uint16_t>(value);
  }
  static __device__ __forceinline__ void put_values(unsigned char* tile, const uint4& group) {
    put(tile, group.x, group.x >> 16);
    put(tile, group.y, group.y >> 16);
    put(tile, group.z, group.z >> 16);
    put(tile, group.w, group.w >> 16);
  }
  static __device__ __forceinline__ void put_zeros(unsigned char* tile, const uint4& group) {
    put(tile, group.x, 0);
    put(tile, group.y, 0);
    put(tile, group.z, 0);
    put(tile, group.w, 0);
  }
};

#endif

}  // namespace coppice::kernels
