#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/gather_fma/problem.h"
#include "kernels/cuda/row_plan/row_plan.h"
#include "kernels/layer.h"

namespace coppice::kernels {

struct GatherTiling {
  int warps = 8;
  int warp_rows = 16;   ///< Rows whose sums a warp holds.
  int lane_images = 4;  ///< Sums that a lane holds of each row.
  int stages = 2;       ///< 2 or 3.
  int slice_columns = 64;
  int slice_vectors = 1024;
  int splits = 1;  ///< Blocks of threads that share the slices of a row block.

  int block_rows() const { return warps * warp_rows; }
  int tile() const { return 32 * lane_images; }  ///< Images of a block of threads.
  bool operator==(const GatherTiling&) const = default;
};
/// Of rows and images of a warp.
bool gather_kernel_exists(int warp_rows, int lane_images);

/// What 8 bits count, and at most one for each lane to name.
inline constexpr int kGatherMostSliceColumns = 255;

/// Vectors of a slice of one column that all rows of the block need. No slice may be smaller.
int gather_least_vectors(const GatherTiling& tiling);
/// That a block of threads takes beside what it asks for.
inline constexpr std::int64_t kGatherReservedBytes = 1024;
/// That it asks for: room for the stages, or for the sums that come after them.
std::int64_t gather_shared_bytes(const GatherTiling& tiling);

/// A matrix on the host as the kernel reads it. The entries of a slice:
///   u32[warps]   where each warp's stream begins, in vectors from the slice's first
///   then for each warp u8[warp_rows], in whole vectors: entries of each row, and row by row its entries, two
///   a vector: value, place of its column in the slice, value, place. The second of a row's last vector may
///   be none: it is never looked at, so that there is no 0 for an infinity to meet;
///   and kGatherVectorsBehind.
struct PackedGather {
  GatherTiling tiling;
  RowPlan plan;
  std::vector<std::uint32_t> order;        ///< The plan's blocks, the heaviest first (gather_block_costs).
  std::vector<std::uint32_t> slices_from;  ///< By the plan's blocks.
  std::vector<GatherSlice> slices;
  std::vector<std::uint32_t> columns;
  std::vector<GatherVector> entries;

  std::int64_t bytes_read() const;  ///< By the blocks of one tile.
};

/// Throws std::invalid_argument for a tiling that cannot be, or a matrix that gather_size_refusal() refuses.
PackedGather pack_gather(const Csr& matrix, const GatherTiling& tiling);

/// Why a layer of such sizes cannot be served: indices on the device have 32 bits. Empty where it can.
std::string gather_size_refusal(std::int64_t rows, std::int64_t columns, std::int64_t nonzeros,
                                std::int64_t images);

}  // namespace coppice::kernels
