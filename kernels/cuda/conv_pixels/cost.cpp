#include "kernels/cuda/conv_pixels/cost.h"

#include <algorithm>
#include <cmath>

#include "kernels/cuda/per_clock.h"

namespace coppice::kernels {

ConvPixelsShape conv_pixels_shape(const LayerShape& shape, const ConvPixelsTiling& tiling,
                                  double element_bytes) {
  const PatchProblem patch = conv_pixels_patch(shape, tiling);
  ConvPixelsShape result{tiling, patch_places(patch), 0, 0, element_bytes};
  result.columns = static_cast<double>(std::min<std::int64_t>(patch.patch_columns, shape.width));
  result.cells = result.columns * static_cast<double>(std::min<std::int64_t>(patch.patch_rows, shape.height));
  return result;
}

ConvPixelsClocks conv_pixels_slice_clocks(const ConvPixelsShape& shape, const ConvPixelsWork& work) {
  const double pixels = shape.tiling.lane_pixels(), threads = 32 * shape.tiling.warps;
  // Threads without a cell take part in copies all the same.
  const double turns = std::max(1.0, std::floor(threads / shape.cells));
  const double rounds = std::ceil(shape.cells / threads);
  const double copies = std::ceil(work.channels / turns) * rounds * shape.tiling.warps;
  const double pieces = std::min(32.0, 32 / shape.columns + 1);
  const double sectors = (shape.columns * shape.element_bytes + 31) / 32;
  const double bytes = work.channels * shape.cells / shape.columns * sectors * 32 + 16 * work.vectors;
  const double cache = work.entries * (shape.places.wavefronts + 0.5) + work.visits * 2 * pixels +
                       copies * (pieces + 1) + work.vectors / 8;
  const double instructions =
      work.entries * (3 * pixels + 2) + work.visits * (2 * pixels + 25) + copies * 10 + work.vectors / 4;
  ConvPixelsClocks clocks;
  clocks.busy = std::max({cache, instructions / per_clock::kInstructions, bytes / per_clock::kL2Bytes});
  clocks.arriving = std::max(copies * (pieces + 1), bytes / per_clock::kL2BytesAlone);
  clocks.multiplying = std::max(work.entries * (shape.places.wavefronts + 0.5),
                                work.most_entries * (12 + 2.5 * pixels) + work.most_visits * 60) +
                       60;
  return clocks;
}

double conv_pixels_epilogue_clocks(const ConvPixelsTiling& tiling, double rows) {
  const double outputs = std::ceil(rows * tiling.width * tiling.height / (32 * tiling.warps));
  const double store = 400 + 100 * outputs;
  if (tiling.splits == 1) return store;
  const double bytes = 4.0 * tiling.block_rows() * 32 * tiling.lane_pixels();
  return store / tiling.splits + 3000 + 2 * bytes / per_clock::kL2Bytes;
}

int conv_pixels_residents(const ConvPixelsTiling& tiling, std::int64_t shared_bytes,
                          const CudaDevice& device) {
  const int threads = 32 * tiling.warps;
  const int registers = tiling.lane_pixels() > 4 ? 104 : 64;  // what the compiler takes, roughly
  return static_cast<int>(std::max<std::int64_t>(
      1, std::min({std::int64_t{65536} / (registers * threads),
                   device.shared_bytes_per_multiprocessor / (shared_bytes + kConvPixelsReservedBytes),
                   std::int64_t{2048} / threads})));
}

namespace {

ConvPixelsWork count(const PackedConvPixels& packed, std::int64_t channels, std::size_t slice,
                     std::int64_t chunk) {
  const std::uint32_t from = packed.slices[slice];
  const auto word = [&](std::size_t i) { return packed.entries[from + i / 4].words[i % 4]; };
  ConvPixelsWork work;
  work.vectors = packed.slices[slice + 1] - from;
  for (int warp = 0; warp < packed.tiling.warps; ++warp) {
    const std::size_t stream = word(static_cast<std::size_t>(warp));
    double entries = 0, visits = 0;
    for (std::size_t row = 0; row < static_cast<std::size_t>(packed.tiling.warp_rows); ++row) {
      const std::uint32_t here = word(4 * stream + row / 2) >> row % 2 * 16 & 0xffffu;
      entries += here, visits += here > 0;
    }
    work.entries += entries, work.visits += visits;
    if (entries <= work.most_entries) continue;
    work.most_entries = entries, work.most_visits = visits;
  }
  const std::int64_t first = chunk * packed.tiling.chunk_channels;
  if (work.entries > 0)
    work.channels =
        static_cast<double>(std::min<std::int64_t>(packed.tiling.chunk_channels, channels - first));
  return work;
}

ConvPixelsBlockClocks block_clocks(const ConvPixelsShape& shape, const PackedConvPixels& packed,
                                   std::int64_t channels, std::size_t row_block, std::int64_t split) {
  const std::int64_t splits = packed.tiling.splits;
  const std::int64_t begin = packed.chunks * split / splits, end = packed.chunks * (split + 1) / splits;
  const double epilogue = conv_pixels_epilogue_clocks(
      packed.tiling, packed.plan.rows_from[row_block + 1] - packed.plan.rows_from[row_block]);
  ConvPixelsBlockClocks clocks{epilogue, kConvPixelsBeginClocks + epilogue};
  for (std::int64_t chunk = begin; chunk < end; ++chunk) {
    const std::size_t slice =
        row_block * static_cast<std::size_t>(packed.chunks) + static_cast<std::size_t>(chunk);
    add_slice(clocks, conv_pixels_slice_clocks(shape, count(packed, channels, slice, chunk)), chunk == begin);
  }
  return clocks;
}

/// Of a tile, in the order in which they begin.
std::vector<ConvPixelsBlockClocks> all_clocks(const LayerShape& layer, const PackedConvPixels& packed,
                                              double element_bytes) {
  const ConvPixelsShape shape = conv_pixels_shape(layer, packed.tiling, element_bytes);
  std::vector<ConvPixelsBlockClocks> clocks;
  for (std::size_t row_block = 0; row_block < static_cast<std::size_t>(packed.plan.blocks); ++row_block) {
    for (int split = 0; split < packed.tiling.splits; ++split)
      clocks.push_back(block_clocks(shape, packed, layer.channels, row_block, split));
  }
  return clocks;
}

}  // namespace

void add_slice(ConvPixelsBlockClocks& clocks, const ConvPixelsClocks& slice, bool first) {
  clocks.busy += slice.busy;
  clocks.alone += first ? slice.arriving + slice.multiplying : std::max(slice.arriving, slice.multiplying);
}

std::vector<double> conv_pixels_block_costs(const LayerShape& shape, const PackedConvPixels& packed) {
  std::vector<double> costs;
  for (const ConvPixelsBlockClocks& clocks : all_clocks(shape, packed, 4))
    costs.push_back(std::max(clocks.busy, clocks.alone));
  return costs;
}

double conv_pixels_launch_clocks(const LayerShape& shape, const PackedConvPixels& packed, std::int64_t images,
                                 double element_bytes, const CudaDevice& device) {
  const std::int64_t tiles = images * conv_pixels_patch(shape, packed.tiling).tiles();
  const auto splits = static_cast<std::size_t>(packed.tiling.splits);
  std::vector<double> busy, alone;
  const std::vector<ConvPixelsBlockClocks> all = all_clocks(shape, packed, element_bytes);
  for (std::size_t row_block = 0; row_block < all.size(); row_block += splits) {
    for (std::int64_t tile = 0; tile < tiles; ++tile) {
      for (std::size_t split = 0; split < splits; ++split) {
        busy.push_back(all[row_block + split].busy);
        alone.push_back(all[row_block + split].alone);
      }
    }
  }
  const std::int64_t residents = conv_pixels_residents(packed.tiling, packed.shared_bytes(), device);
  return std::max(makespan(busy, device.multiprocessors) + kConvPixelsBeginClocks,
                  makespan(alone, device.multiprocessors * residents)) +
         (residents == 1 ? kConvPixelsAloneClocks : 0);
}

}  // namespace coppice::kernels
