#include "kernels/cuda/gather_fma/cost.h"

#include <algorithm>

namespace coppice::kernels {

GatherClocks gather_slice_clocks(const GatherTiling& tiling, const GatherWork& work) {
  const double images = tiling.lane_images, column_bytes = tiling.lane_images * kGatherLaneBytes;
  const double arriving = work.columns * column_bytes + 16 * work.vectors;
  const double shared = (work.entries + work.columns) * images + work.vectors * (1 + 1.0 / 8);
  const bool few_sums = tiling.warp_rows * tiling.lane_images <= kGatherFewSums;
  const double instructions = work.entries * (images + (few_sums ? 4.5 : 5.5)) +
                              (few_sums ? 30.0 : 16.0) * tiling.block_rows() + arriving / (32 * 16) * 8;
  GatherClocks clocks;
  clocks.busy = std::max({shared, instructions / 4, arriving / 21});
  const double waiting = (few_sums ? 12 : 20) * work.slowest + 30.0 * tiling.warp_rows;
  clocks.alone = std::max(clocks.busy, waiting) + 200;
  return clocks;
}

double gather_epilogue_clocks(const GatherTiling& tiling, double rows) {
  return rows * tiling.lane_images * kGatherLaneBytes / 16;
}

namespace {

GatherWork count(const PackedGather& packed, std::size_t slice) {
  const GatherSlice &from = packed.slices[slice], &end = packed.slices[slice + 1];
  const auto word = [&](std::size_t i) { return packed.entries[from.vectors + i / 4].words[i % 4]; };
  GatherWork work;
  work.columns = end.columns - from.columns;
  work.vectors = end.vectors - from.vectors;
  for (int warp = 0; warp < packed.tiling.warps; ++warp) {
    const std::size_t stream = word(static_cast<std::size_t>(warp));
    double entries = 0;
    for (std::size_t row = 0; row < static_cast<std::size_t>(packed.tiling.warp_rows); ++row) {
      entries += word(4 * stream + row / 4) >> row % 4 * 8 & 0xffu;
    }
    work.entries += entries;
    work.slowest = std::max(work.slowest, entries);
  }
  return work;
}

}  // namespace

std::vector<double> gather_block_costs(const PackedGather& packed) {
  std::vector<double> costs;
  for (const std::uint32_t block : packed.order) {
    double clocks = 0;
    for (std::size_t slice = packed.slices_from[block]; slice < packed.slices_from[block + 1]; ++slice) {
      clocks += gather_slice_clocks(packed.tiling, count(packed, slice)).alone;
    }
    const std::uint32_t rows = packed.plan.rows_from[block + 1] - packed.plan.rows_from[block];
    costs.push_back(clocks + gather_epilogue_clocks(packed.tiling, rows));
  }
  return costs;
}

}  // namespace coppice::kernels
