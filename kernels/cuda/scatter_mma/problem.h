#pragma once
#include <cstdint>

#include "kernels/cuda/row_plan/row_output.h"

namespace coppice::kernels {

/// Columns of the matrix, or of a block's list of used ones, that are multiplied at a time.
inline constexpr std::uint32_t kScatterColumns = 64;
inline constexpr std::uint32_t kScatterMostStages = 6;
inline constexpr std::uint32_t kScatterMostThreads = 256;

/// Where an element of a warp's dense tile [rows][64] of bf16 lies, in bytes. A row is 128 bytes; its chunks
/// of 16 are swapped so that those of eight rows below each other lie in different banks.
constexpr std::uint32_t scatter_place(std::uint32_t row, std::uint32_t column) {
  return row * 128 + ((column / 8) ^ (row & 7)) * 16 + column % 8 * 2;
}

/// Nonzeros of a block of rows in 64 columns: the words of its warps, one list behind the other. It begins
/// with a header of 16 bits for each warp and one more: the group in which its list begins, and the end.
struct ScatterSlice {
  std::uint32_t begin;   ///< The first group of four words; it ends where the next slice begins.
  std::uint32_t column;  ///< The first of the 64, unless the problem lists columns.
};

/// What a block of threads does: some slices of a block of rows, in turn by its teams. Parts of one block of
/// rows add up.
struct alignas(8) ScatterPart {
  std::uint32_t row_block;
  std::uint32_t first, end;  ///< Slices.
  std::uint32_t part, parts;
  std::uint32_t first_partial;  ///< Of the row block's partial sums, where there are several parts.
};

/// What the kernel works on. A word holds a bf16 value in its upper half and its place in the warp's dense
/// tile (scatter_place) in the lower one; lists are filled up to groups of four words by repeating one.
struct ScatterProblem {
  const void* words;  ///< u32[groups][4]
  const ScatterSlice* slices;
  const ScatterPart* parts;  ///< For each block of threads.
  /// [parts][teams * (stages - 1) + 1]: a part's first slices once more, and where what follows begins;
  /// beside the part, so that words are asked for without a detour. Those that a part has not are empty.
  const ScatterSlice* starts;
  const std::uint32_t* columns;  ///< [slices][64], kScatterNoColumn fills up; null: columns as they come.
  void* partials;                ///< float[partial][row of the block][padded image]
  std::uint32_t* arrived;        ///< [row blocks], 0 between launches: parts whose sums are in `partials`.
  const void* x;
  std::int64_t x_row;  ///< Elements from one image (plain) or column (images last) to the next.
  std::uint32_t k;     ///< Columns of the matrix.
  std::uint32_t stages, stage_bytes;  ///< Of each team.
  std::uint32_t teams;                ///< Of a block of threads; each owns all of the block's rows.
  std::uint32_t flag;  ///< Where in shared memory the block's threads tell each other that they are the last.
  bool aligned;        ///< x_row is a multiple of 8: whole chunks of 16 bytes.
  RowOutput out;
};
inline constexpr std::uint32_t kScatterNoColumn = 0xffffffffu;

}  // namespace coppice::kernels
