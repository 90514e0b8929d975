#include "cuda_bench/conv_limits.h"

#include <limits>
#include <vector>

#include "cuda_bench/own_demand.h"
#include "kernels/cuda/patches/patches.h"

namespace coppice {

namespace {

using namespace own;
using kernels::LayerShape;
using kernels::PatchProblem;
using kernels::PatchTile;

/// A layer's outputs of one channel in tiles.
struct Tiles {
  double tiles = 0;
  double outputs = 0;  ///< In whole tiles.
  double cells = 0;    ///< Of all tiles' patches and images, of one input channel; without padding.
};

/// Of an image's rows or columns those that all its tiles' patches have, counted for each.
std::int64_t stored(std::int64_t tiles, std::int64_t step, std::int64_t padding, std::int64_t cells,
                    std::int64_t cell_step, std::int64_t size) {
  std::int64_t count = 0;
  for (std::int64_t cell = 0; cell < cells; ++cell) {
    const std::int64_t before = padding - cell * cell_step;  // what a tile must begin at to have it
    const std::int64_t first = before > 0 ? (before + step - 1) / step : 0;
    const std::int64_t last = size - 1 + before < 0 ? -1 : (size - 1 + before) / step;
    count += std::max<std::int64_t>(std::min(last, tiles - 1) - first + 1, 0);
  }
  return count;
}

Tiles tiles_of(const CudaWork& work, const PatchTile& tile) {
  const LayerShape& shape = work.shape;
  const PatchProblem p = kernels::patch_problem(shape, work.images, {}, {}, tile);
  const std::int64_t rows =
      stored(p.row_tiles, tile.height * shape.stride, shape.padding, p.patch_rows, p.cell_rows, shape.height);
  const std::int64_t columns = stored(p.column_tiles, tile.width * shape.stride, shape.padding,
                                      p.patch_columns, p.cell_columns, shape.width);
  const auto tiles = static_cast<double>(p.tiles());
  return {tiles, tiles * tile.images * tile.pixels(), static_cast<double>(rows * columns * work.images)};
}

/// The parts of up to `most` that a size can be cut into evenly, the largest first.
std::vector<int> parts_of(std::int64_t size, std::int64_t most) {
  std::vector<int> parts;
  for (std::int64_t part = std::min(size, most); part > 0; --part) {
    const std::int64_t count = (size + part - 1) / part;
    const auto even = static_cast<int>((size + count - 1) / count);
    if (parts.empty() || parts.back() != even) parts.push_back(even);
  }
  return parts;
}

/// Tiles of up to so many outputs, with images in so many or one alone.
std::vector<Tiles> tiles_to_try(const CudaWork& work, std::int64_t most, std::int64_t images_together) {
  std::vector<Tiles> list;
  if (*kernels::patch_size_refusal(work.shape, work.images, {}, {})) return list;
  const auto add = [&](std::int64_t images) {
    for (const int width : parts_of(work.shape.out_width(), most / images)) {
      const std::vector<int> heights = parts_of(work.shape.out_height(), most / images / width);
      if (!heights.empty())
        list.push_back(tiles_of(work, {static_cast<int>(images), width, heights.front()}));
    }
  };
  if (images_together == 1) {
    add(1);
  } else {
    for (std::int64_t images = images_together; images <= most; images *= 2) {
      add(images);
      if (images >= work.images) break;
    }
  }
  return list;
}

struct ConvCut {
  Tiles tiles;
  double rows = 1;  ///< Of a block.
  double splits = 1;

  double row_blocks(const CudaWork& work) const { return std::ceil(work.outputs / rows); }
  double busy(const CudaWork& work, const MachineRates& machine) const {
    return std::min(1.0, row_blocks(work) * tiles.tiles * splits / std::max(1, machine.multiprocessors));
  }
  /// Cells of the channels that blocks of rows use, all blocks together.
  double cells(const CudaWork& work) const {
    const auto window = static_cast<double>(work.shape.kernel_height * work.shape.kernel_width);
    return used(work, rows * window) * static_cast<double>(work.shape.channels) * tiles.cells *
           row_blocks(work);
  }
  double partial(const CudaWork& work) const { return partial_bytes(splits, work.outputs * tiles.outputs); }
};

double element(const CudaWork& work) { return static_cast<double>(kernels::element_bytes(work.precision)); }

using DemandOf = Demand (*)(const CudaWork& work, double weight_bytes, const ConvCut& cut);

Demand fma(const CudaWork& work, double weight_bytes, const ConvCut& cut) {
  const double s = element(work), patches = s * cut.cells(work), entries = weight_bytes * cut.tiles.tiles;
  Demand demand;
  demand.memory_bytes = once(work, weight_bytes);
  demand.l2_bytes = patches + entries + cut.partial(work);
  demand.shared_bytes =
      patches + entries + nonzeros(work) * (s * cut.tiles.outputs + kWavefrontBytes / 2 * cut.tiles.tiles);
  demand.fp32_operations = 2 * nonzeros(work) * cut.tiles.outputs;
  return demand;
}

Demand mma(const CudaWork& work, double weight_bytes, const ConvCut& cut) {
  const double patches = kBf16Bytes * cut.cells(work);
  const double products = used(work, kPanelRows) * work.weights * cut.tiles.outputs;
  Demand demand;
  demand.memory_bytes = once(work, weight_bytes);
  demand.l2_bytes = patches + weight_bytes * cut.tiles.tiles + cut.partial(work);
  demand.shared_bytes = patches + kBf16Bytes * products / kPanelRows +
                        2 * kWavefrontBytes * panel_records(work) * cut.tiles.tiles;
  demand.mma_operations = 2 * products;
  return demand;
}

Demand pixels(const CudaWork& work, double weight_bytes, const ConvCut& cut) {
  const double cells = cut.cells(work), entries = weight_bytes * cut.tiles.tiles;
  Demand demand;
  demand.memory_bytes = once(work, weight_bytes);
  demand.l2_bytes = element(work) * cells + entries + cut.partial(work);
  demand.shared_bytes = kFloatBytes * cells + entries + kFloatBytes * nonzeros(work) * cut.tiles.outputs;
  demand.fp32_operations = 2 * nonzeros(work) * cut.tiles.outputs;
  return demand;
}

TimeLimit best_cut(const std::vector<Tiles>& tiles, double fewest_rows, DemandOf demand, const CudaWork& work,
                   double weight_bytes, const MachineRates& machine, CacheState caches) {
  constexpr double kMostRows = 256;
  TimeLimit best = {std::numeric_limits<double>::infinity(), ""};
  for (const Tiles& one : tiles) {
    for (double rows = fewest_rows; rows <= kMostRows; rows *= 2) {
      ConvCut cut = {one, rows, 1};
      // Blocks share the channels until every multiprocessor has one.
      const double most =
          std::min(std::ceil(1 / cut.busy(work, machine)), static_cast<double>(work.shape.channels));
      for (cut.splits = 1; cut.splits <= most; ++cut.splits) {
        const TimeLimit limit =
            limit_of(demand(work, weight_bytes, cut), cut.busy(work, machine), machine, caches);
        if (limit.seconds < best.seconds) best = limit;
      }
    }
  }
  return best;
}

std::int64_t side_by_side(const CudaWork& work) { return 16 / kernels::element_bytes(work.precision); }

/// Of a tile: 16 bytes for each lane of a warp.
std::int64_t most_outputs(const CudaWork& work) { return 32 * side_by_side(work); }

}  // namespace

TimeLimit conv_fma_limit(const CudaWork& work, double weight_bytes, const MachineRates& machine,
                         CacheState caches) {
  return best_cut(tiles_to_try(work, most_outputs(work), side_by_side(work)), 16, fma, work, weight_bytes,
                  machine, caches);
}

TimeLimit conv_mma_limit(const CudaWork& work, double weight_bytes, const MachineRates& machine,
                         CacheState caches) {
  return best_cut(tiles_to_try(work, 256, 8), 16, mma, work, weight_bytes, machine, caches);
}

TimeLimit conv_pixels_limit(const CudaWork& work, double weight_bytes, const MachineRates& machine,
                            CacheState caches) {
  return best_cut(tiles_to_try(work, most_outputs(work), 1), 16, pixels, work, weight_bytes, machine, caches);
}

}  // namespace coppice
