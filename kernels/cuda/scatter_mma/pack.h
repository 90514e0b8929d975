#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/row_plan/row_plan.h"
#include "kernels/cuda/scatter_mma/problem.h"
#include "kernels/layer.h"

namespace coppice::kernels {

/// How a matrix is cut.
struct ScatterTiling {
  int row_tiles = 2;  ///< Of 16 rows, that a warp owns: 1, 2 or 4.
  int warps = 4;      ///< Of a team of threads, which owns all rows of a block.
  int teams = 2;      ///< Of a block of threads; they take slices in turn.
  int stages = 4;     ///< Of a team: 2 to kScatterMostStages.
  /// That a stage holds, with the slice's header: room for that and a group for each warp at least.
  std::int64_t stage_groups = 1024;
  int multiprocessors = 132;
  int sharing = 1;  ///< Blocks of threads that a multiprocessor works on at once.
  /// Blocks of threads in all, as far as rows and slices allow; 0: as many as are done soonest (share.h).
  std::int64_t parts = 0;

  int warp_rows() const { return 16 * row_tiles; }
  int threads() const { return 32 * warps * teams; }
  int block_rows() const { return warp_rows() * warps; }
  std::int64_t header_groups() const { return (2 * (warps + 1) + 15) / 16; }
  std::int64_t places() const { return std::int64_t{multiprocessors} * sharing; }
  bool operator==(const ScatterTiling&) const = default;
};

/// Images as the kernel works on them: a multiple of 16. Throws std::invalid_argument below 9 and above 64.
int scatter_padded_images(std::int64_t images);

std::int64_t scatter_x_bytes(int padded_images, bool images_last);  ///< Of a stage.
std::int64_t scatter_stage_bytes(const ScatterTiling& tiling, int padded_images, bool images_last);
/// Of the warps' tiles and the stages, or of the sums that take their place in the end; behind them the flag.
std::int64_t scatter_flag(const ScatterTiling& tiling, int padded_images, bool images_last);
std::int64_t scatter_shared_bytes(const ScatterTiling& tiling, int padded_images, bool images_last);
/// Of all parts' sums, for a number of partial sums.
std::int64_t scatter_partial_bytes(const ScatterTiling& tiling, int padded_images, std::int64_t partials);

/// Why a matrix cannot be packed: sizes that 32 bits do not count. Empty where it can.
std::string scatter_size_refusal(std::int64_t rows, std::int64_t columns, std::int64_t nonzeros);

/// A matrix as the kernel reads it (problem.h).
struct PackedScatter {
  ScatterTiling tiling;
  int padded_images = 16;
  bool images_last = false;  ///< Of x: then columns that a block of rows does not use are left out.
  RowPlan rows;
  std::vector<std::uint32_t> words;
  std::vector<ScatterSlice> slices;    ///< And one more that begins where the last ends.
  std::vector<std::uint32_t> columns;  ///< Images last: [slices][64].
  std::vector<ScatterPart> parts;      ///< Those that take longest first.
  std::vector<ScatterSlice> starts;    ///< [parts][starts_of_part()]
  std::int64_t partials = 0;           ///< Parts of row blocks that have several.

  std::int64_t slice_groups(std::uint32_t slice) const {
    return std::int64_t{slices[slice + 1].begin} - slices[slice].begin;
  }
  std::int64_t starts_of_part() const { return std::int64_t{tiling.teams} * (tiling.stages - 1) + 1; }
  std::int64_t bytes_read() const;
};

/// Throws std::invalid_argument for a matrix or tiling that cannot be.
PackedScatter pack_scatter(const Csr& matrix, std::int64_t images, bool images_last, RowOrder order,
                           const ScatterTiling& tiling);

/// What each block of threads does, in the order in which they are launched: clocks that its multiprocessor
/// takes for it beside the others there (cost.h), without what the last part of a row block adds.
std::vector<double> scatter_mma_block_costs(const PackedScatter& packed);

}  // namespace coppice::kernels
