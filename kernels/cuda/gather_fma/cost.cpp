#include "kernels/cuda/gather_fma/cost.h"

#include <algorithm>

#include "kernels/cuda/per_clock.h"

namespace coppice::kernels {

GatherClocks gather_slice_clocks(const GatherTiling& tiling, const GatherWork& work) {
  const double images = tiling.lane_images, column_bytes = tiling.lane_images * kGatherLaneBytes;
  const double arriving = work.columns * column_bytes + 16 * work.vectors;
  const double shared = (work.entries + work.columns) * images + work.vectors * (1 + 1.0 / 8);
  const bool few_sums = tiling.warp_rows * tiling.lane_images <= kGatherFewSums;
  const double instructions = work.entries * (images + (few_sums ? 4.5 : 5.5)) +
                              (few_sums ? 30.0 : 16.0) * tiling.block_rows() + arriving / (32 * 16) * 8;
  GatherClocks clocks;
  clocks.busy = std::max({shared, instructions / per_clock::kInstructions, arriving / per_clock::kL2Bytes});
  const double waiting = (few_sums ? 12 : 20) * work.slowest + 30.0 * tiling.warp_rows;
  clocks.alone = std::max(clocks.busy, waiting) + 200;
  return clocks;
}

double gather_epilogue_clocks(const GatherTiling& tiling, double rows) {
  const double bytes = rows * tiling.lane_images * kGatherLaneBytes;
  return tiling.splits == 1 ? bytes / 16
                            : bytes / 16 / tiling.splits + 2 * bytes / per_clock::kL2Bytes + 2000;
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

/// The `split`th of all splits of a row block.
GatherClocks split_clocks(const PackedGather& packed, std::uint32_t block, std::size_t split) {
  const auto splits = static_cast<std::size_t>(packed.tiling.splits);
  const std::size_t begin = packed.slices_from[block], slices = packed.slices_from[block + 1] - begin;
  const double epilogue =
      gather_epilogue_clocks(packed.tiling, packed.plan.rows_from[block + 1] - packed.plan.rows_from[block]);
  GatherClocks clocks{epilogue, epilogue};
  for (std::size_t i = slices * split / splits; i < slices * (split + 1) / splits; ++i) {
    const GatherClocks slice = gather_slice_clocks(packed.tiling, count(packed, begin + i));
    clocks.busy += slice.busy;
    clocks.alone += slice.alone;
  }
  return clocks;
}

std::vector<GatherClocks> block_clocks(const PackedGather& packed) {
  std::vector<GatherClocks> clocks;
  for (const std::uint32_t block : packed.order) {
    for (int split = 0; split < packed.tiling.splits; ++split) {
      clocks.push_back(split_clocks(packed, block, static_cast<std::size_t>(split)));
    }
  }
  return clocks;
}

}  // namespace

int gather_residents(const GatherTiling& tiling, const CudaDevice& device) {
  const int threads = 32 * tiling.warps, sums = tiling.warp_rows * tiling.lane_images;
  const int registers = sums > 32 ? 128 : sums > 16 ? 80 : 64;  // what the compiler takes, roughly
  const std::int64_t shared = gather_shared_bytes(tiling) + kGatherReservedBytes;
  return static_cast<int>(std::max<std::int64_t>(
      1, std::min({std::int64_t{65536} / (registers * threads),
                   device.shared_bytes_per_multiprocessor / shared, std::int64_t{8}})));
}

double gather_row_block_clocks(const PackedGather& packed, std::uint32_t block) {
  double clocks = 0;
  for (int split = 0; split < packed.tiling.splits; ++split) {
    clocks += split_clocks(packed, block, static_cast<std::size_t>(split)).alone;
  }
  return clocks;
}

std::vector<double> gather_block_costs(const PackedGather& packed) {
  std::vector<double> costs;
  for (const GatherClocks& clocks : block_clocks(packed)) costs.push_back(clocks.alone);
  return costs;
}

double gather_launch_clocks(const PackedGather& packed, std::int64_t images, const CudaDevice& device) {
  const std::int64_t tiles = (images + packed.tiling.tile() - 1) / packed.tiling.tile();
  const auto splits = static_cast<std::size_t>(packed.tiling.splits);
  std::vector<double> busy, alone;
  const std::vector<GatherClocks> all = block_clocks(packed);
  for (std::size_t row_block = 0; row_block < all.size(); row_block += splits) {
    for (std::int64_t tile = 0; tile < tiles; ++tile) {
      for (std::size_t split = 0; split < splits; ++split) {
        busy.push_back(all[row_block + split].busy);
        alone.push_back(all[row_block + split].alone);
      }
    }
  }
  return std::max(
      makespan(busy, device.multiprocessors),
      makespan(alone, std::int64_t{device.multiprocessors} * gather_residents(packed.tiling, device)));
}

}  // namespace coppice::kernels
