#pragma once
#include <cstdint>

#include "kernels/cuda/row_plan/row_output.h"

namespace coppice::kernels {

/// Some columns of a block of rows, and the nonzeros of these rows in them: what is brought into shared
/// memory at a time. It ends where the next begins.
struct alignas(8) GatherSlice {
  std::uint32_t columns;  ///< Its first in GatherProblem::columns.
  std::uint32_t vectors;  ///< Its first in GatherProblem::entries.
};

/// 16 bytes of a slice's entries (pack.h says what stands in them).
struct alignas(16) GatherVector {
  std::uint32_t words[4];
};

/// What the kernel works on: rows in blocks, each with the sorted list of the columns that any of its rows
/// has a nonzero in, cut into slices.
struct GatherProblem {
  const std::uint32_t* order;        ///< [row blocks]: the heaviest first.
  const std::uint32_t* slices_from;  ///< [row blocks + 1]
  const GatherSlice* slices;         ///< One more than there are, and one again to look ahead.
  const std::uint32_t* columns;      ///< 32 a warp more than there are.
  const GatherVector* entries;
  const float* x;  ///< [columns][out.images]
  RowOutput out;
  std::uint32_t tiles;   ///< Of images. A place is a tile of a row block.
  std::uint32_t splits;  ///< Blocks of threads for each place, each with its share of the slices.
  float* parts;          ///< [places][splits][a block's sums], where there are several.
  std::uint32_t* turns;  ///< [places]: blocks that are done, 0 between launches.
  std::uint32_t slice_columns, slice_vectors;
  std::uint32_t stages;  ///< Slices in shared memory at a time: 2 or 3.
};

/// Threads of a block at most: more than 128 registers for each are not to be had then.
inline constexpr int kGatherMostThreads = 512;

/// Vectors behind the last of a slice's entries that are read and not used.
inline constexpr int kGatherVectorsBehind = 2;

/// Warps of so few sums go through their entries faster: they are for launches that give a multiprocessor few
/// warps, which then wait for shared memory rather than for each other.
inline constexpr int kGatherFewSums = 16;

/// Bytes of a column of x in shared memory for each image of a lane.
inline constexpr std::uint32_t kGatherLaneBytes = 128;

}  // namespace coppice::kernels
