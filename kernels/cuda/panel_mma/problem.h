#pragma once
#include <cstdint>

#include "kernels/cuda/row_plan/row_output.h"

namespace coppice::kernels {

/// Of a panel: what one warp multiplies, the rows of a tensor core's instruction.
inline constexpr int kPanelRows = 16;
/// Of the ring in shared memory: one slice is multiplied while the next two are on their way.
inline constexpr int kPanelStages = 3;
/// Columns of X in a slice are counted with 8 bits.
inline constexpr int kPanelMostSliceColumns = 256;
/// So that a thread has the 128 registers that sums of 128 images need.
inline constexpr int kPanelMostWarps = 16;
/// Records that a warp asks for behind its last.
inline constexpr int kPanelRecordsAhead = 2;

/// A block of threads: some slices of a block of rows, for one tile of images.
struct PanelWork {
  std::uint32_t block;         ///< Of the row plan.
  std::uint32_t slices;        ///< None: a block of rows without nonzeros.
  std::uint32_t list_columns;  ///< Of each slice's list, a multiple of 8.
  std::uint32_t list;          ///< Where the first slice's list begins.
  std::uint32_t from;          ///< Where this work begins in PanelProblem::from.
  std::uint32_t part, parts;   ///< Which of so many parts of its block of rows this is.
  std::uint32_t partial;       ///< Where there are several: the place of the first one's sums.
};

/// What the kernel works on. W is cut into panels of 16 rows and slices of columns; the columns that a panel
/// has nonzeros in within a slice make blocks of 16. A record is up to 32 nonzeros of a block, a word for
/// each lane of a warp (records.h), and the 16 columns of the block as places in the slice's list.
struct PanelProblem {
  const PanelWork* work;         ///< [gridDim.x], the heaviest first.
  const std::uint32_t* lists;    ///< Columns of W, slice by slice: the rows of X that are brought.
  const std::uint32_t* from;     ///< [work][warp][slices + 1]: where a slice's records begin.
  const std::uint32_t* records;  ///< [record][32]
  const std::uint8_t* places;    ///< [record][16]
  const std::uint16_t* x;        ///< bf16 [column of W][image]
  float* partial_sums;           ///< [partial][tile][threads * sums of a thread]
  unsigned* parts_done;          ///< [partial][tile], 0 between launches.
  RowOutput out;
};

}  // namespace coppice::kernels
