#pragma once
#include <cstdint>

namespace coppice::kernels {

/// Some nonzeros of one row within one block of columns, in groups of four words: the work of a team of
/// lanes. It ends where the next of its range begins.
struct alignas(8) SpmvPiece {
  std::uint32_t begin;   ///< The first group.
  std::uint32_t target;  ///< A row of y, or kSpmvPartial + a place among the partial sums, or kSpmvNobody.
};
inline constexpr std::uint32_t kSpmvPartial = 0x80000000u;
inline constexpr std::uint32_t kSpmvNobody = 0xffffffffu;

/// A row in several pieces: the sum of the partial sums [first, last), in this order.
struct SpmvSplitRow {
  std::uint32_t row, first, last;
};

/// The most threads of a block that leave each the registers it needs: for its groups under way, and a sum
/// for each image.
constexpr int spmv_most_threads(int group_bytes, int padded_images, int loads) {
  return group_bytes * loads + 4 * padded_images > 96 ? 512 : 1024;
}

/// What the kernel works on. The weights in groups of four: with bf16 a word holds the value in its upper
/// half and the slot of its column in the lower one; with fp32 values and slots lie apart. Slots are places
/// in shared memory (spmv_slot in pack.h); slot `block_columns` always holds 0 and stands in words that fill
/// up a group, so that neither inf nor NaN in x can meet their 0.
struct SpmvProblem {
  const void* values;                    ///< bf16: u32[groups][4]; fp32: float[groups][4].
  const void* slots;                     ///< fp32: u16[groups][4].
  const SpmvPiece* pieces;               ///< [ranges][pieces_per_range], [round][team] within.
  const std::uint32_t* rounds;           ///< [ranges][column_blocks]: before the next block of columns.
  const std::uint32_t* split_rows_from;  ///< [ranges + 1]
  const SpmvSplitRow* split_rows;        ///< Null where no row is split.
  const float* bias;                     ///< [rows], or null.
  const void* x;
  const void* residual;  ///< Or null.
  void* y;
  std::int64_t pieces_per_range;
  std::int64_t x_image, x_column;  ///< Strides in elements.
  std::int64_t y_image, y_row;     ///< Of the residual too.
  std::uint32_t images, columns, block_columns, column_blocks;
  std::uint32_t lane_bits;  ///< A team has 2^lane_bits lanes.
  bool relu;
};

}  // namespace coppice::kernels
