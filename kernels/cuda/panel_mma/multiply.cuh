// A block of weights times a slice of X in shared memory, by a warp.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"

namespace coppice::kernels {

/// How rows of X lie in shared memory, one for each place of the slice's list: pieces of 8 images are 16
/// bytes, and which of a row's stands where depends on the row's place. So the rows that
/// load_matrices_transposed reads at once lie in different banks where their places differ modulo 8.
template <int kColumns>
struct PanelTile {
  static constexpr std::uint32_t kRowBytes = 2 * kColumns;
  static constexpr std::uint32_t kPieces = kColumns / 8;                ///< Of a row.
  static constexpr std::uint32_t kSwapped = kPieces < 8 ? kPieces : 8;  ///< Pieces that change places.

  static __device__ __forceinline__ std::uint32_t swizzle(std::uint32_t row) {
    return row / (8 / kSwapped) % kSwapped;
  }
  static __device__ __forceinline__ std::uint32_t offset(std::uint32_t row, std::uint32_t piece) {
    return row * kRowBytes + ((piece ^ swizzle(row)) << 4);
  }
};

/// Value `from` of the record to each lane that has one, into the half of a register that it belongs to:
/// `where` says which, and whether there is one (PanelRecord). By shifts, since compilers would put registers
/// that are chosen by a number into memory.
__device__ __forceinline__ void hand_out(std::uint32_t word, std::uint32_t from, std::uint32_t where,
                                         std::uint32_t (&a)[4]) {
  const std::uint32_t given = __shfl_sync(0xffffffffu, word, static_cast<int>(from & 31u)) & 0xffffu;
  const std::uint64_t bits = static_cast<std::uint64_t>(where & 8u ? given : 0u) << ((where & 3u) * 16);
  const std::uint64_t lower = where & 4u ? 0 : bits, upper = bits ^ lower;
  a[0] |= static_cast<std::uint32_t>(lower), a[1] |= static_cast<std::uint32_t>(lower >> 32);
  a[2] |= static_cast<std::uint32_t>(upper), a[3] |= static_cast<std::uint32_t>(upper >> 32);
}

/// The record's values to the lanes and registers that they belong to (PanelRecord, mma_bf16).
__device__ __forceinline__ void add_record(std::uint32_t word, std::uint32_t (&a)[4]) {
  hand_out(word, word >> 24, word >> 20, a);
  hand_out(word, (word >> 24) + 1, word >> 16, a);
}

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
/// sums += a times the rows of X at `place`: lanes l and l + 16 know that of column l of the block.
template <int kColumns>
__device__ __forceinline__ void multiply_block(const unsigned char* slice, std::uint32_t place,
                                               const std::uint32_t (&a)[4], float (&sums)[kColumns / 8][4]) {
  using Tile = PanelTile<kColumns>;
  const std::uint32_t upper = (threadIdx.x >> 4) & 1u;
  const unsigned char* const row = slice + place * Tile::kRowBytes;
  const std::uint32_t first = (upper ^ Tile::swizzle(place)) << 4;
#pragma unroll
  for (std::uint32_t pair = 0; pair < kColumns / 16; ++pair) {
    std::uint32_t x[4];  // 16 rows of two pieces
    load_matrices_transposed(x, row + (first ^ ((2 * pair & 7u) << 4)) + (2 * pair & ~7u) * 16);
    const std::uint32_t left[2] = {x[0], x[1]}, right[2] = {x[2], x[3]};
    mma_bf16(sums[2 * pair], a, left);
    mma_bf16(sums[2 * pair + 1], a, right);
  }
}
#endif

}  // namespace coppice::kernels
