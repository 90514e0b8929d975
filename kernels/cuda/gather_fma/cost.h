// What blocks of threads cost, in clocks of a multiprocessor: for the order of blocks, the choice of a
// tiling, and to show that skewed masks cost no more than others.
#pragma once
#include <vector>

#include "kernels/cuda/devices.h"
#include "kernels/cuda/gather_fma/pack.h"

namespace coppice::kernels {

/// A slice, counted.
struct GatherWork {
  double columns = 0, vectors = 0;
  double entries = 0;
  double slowest = 0;  ///< Entries of the warp that has most.
};

struct GatherClocks {
  double busy = 0;   ///< That the multiprocessor's busiest part needs, and nobody else can have.
  double alone = 0;  ///< That pass if no other block is there: at least `busy`.
};
/// Busy is the most of
///   shared memory: lane_images wavefronts for an entry, as many for a column that arrives; one for a vector
///                  of entries, and an eighth when it arrives
///   instructions:  lane_images + 5.5 for an entry and 16 for each row (warps of few sums: 4.5 and 30), 8 for
///                  each copy of 16 bytes a lane
///   level-2 cache: what arrives
/// as per_clock.h has them,
/// and alone counts what the slowest warp waits for: 20 clocks for each entry (few sums: 12) and 30 for each
/// row, and 200 until all warps have met and gone on.
GatherClocks gather_slice_clocks(const GatherTiling& tiling, const GatherWork& work);
/// Sums through shared memory into rows of the output, at 16 bytes a clock. Where several blocks share the
/// columns, their sums go to the level-2 cache, and the last block reads them all: twice the bytes for each,
/// and 2000 clocks until it knows that it is the last.
double gather_epilogue_clocks(const GatherTiling& tiling, double rows);

/// Blocks of threads that a multiprocessor holds at a time.
int gather_residents(const GatherTiling& tiling, const CudaDevice& device);

/// What all splits of one of the plan's row blocks, and one tile, cost together.
double gather_row_block_clocks(const PackedGather& packed, std::uint32_t block);

/// What each block of threads of a tile costs alone, in the order in which they begin.
std::vector<double> gather_block_costs(const PackedGather& packed);

/// A launch, counted block by block: until each multiprocessor has done what it is busy with, and each of its
/// residents has waited for what it waits.
double gather_launch_clocks(const PackedGather& packed, std::int64_t images, const CudaDevice& device);

}  // namespace coppice::kernels
