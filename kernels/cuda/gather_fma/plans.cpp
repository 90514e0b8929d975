#include "kernels/cuda/gather_fma/plans.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/cuda/gather_fma/cost.h"

namespace coppice::kernels {

namespace {

constexpr std::size_t kMostTilings = 8, kMostPackings = 4;

double divide_up(double a, double b) { return std::ceil(a / b); }

/// A slice of a matrix whose nonzeros lie evenly, filled up to the tiling's columns.
GatherWork mean_slice(const GatherTiling& tiling, const GatherMatrix& matrix) {
  const double density = std::min(1.0, matrix.nonzeros / std::max(1.0, matrix.rows * matrix.columns));
  const double rows = std::min<double>(tiling.block_rows(), std::max(1.0, matrix.rows));
  const double used = 1 - std::pow(1 - density, rows);  // of the columns, by any of the block's rows
  GatherWork work;
  work.columns = std::min<double>(tiling.slice_columns, std::max(1.0, matrix.columns * used));
  const double a_row = work.columns * density / std::max(used, 1e-9);
  work.entries = rows * a_row;
  // A row's last vector holds one entry where their number is odd: as often as in a Poisson distribution.
  work.vectors = rows * (a_row / 2 + (1 - std::exp(-2 * a_row)) / 4) + gather_least_vectors(tiling) -
                 tiling.block_rows();
  const double a_warp = work.entries / tiling.warps;
  work.slowest = a_warp + 1.4 * std::sqrt(a_warp);
  return work;
}

}  // namespace

GatherMatrix gather_matrix(const Csr& matrix) {
  GatherMatrix result;
  result.nonzeros = static_cast<double>(matrix.nonzeros());
  for (std::size_t row = 0; row + 1 < matrix.begin.size(); ++row) {
    result.rows += matrix.begin[row] < matrix.begin[row + 1];
  }
  std::vector<bool> used(static_cast<std::size_t>(matrix.columns));
  for (const std::int32_t column : matrix.column) used[static_cast<std::size_t>(column)] = true;
  result.columns = static_cast<double>(std::count(used.begin(), used.end(), true));
  return result;
}

GatherTiling gather_tiling(GatherTiling shape, const GatherMatrix& matrix, std::int64_t shared_bytes) {
  const double used = 8 * divide_up(std::max(1.0, matrix.columns), 8);
  const int most =
      std::min(32 * shape.warps, static_cast<int>(std::min(kGatherMostSliceColumns / 8 * 8.0, used)));
  for (shape.slice_columns = most; shape.slice_columns > 0; shape.slice_columns -= 8) {
    // Room for an eighth more entries than in the mean: a slice that has even more is cut.
    const double vectors = mean_slice(shape, matrix).vectors * 9 / 8;
    shape.slice_vectors = std::max(gather_least_vectors(shape), static_cast<int>(std::ceil(vectors)));
    if (gather_shared_bytes(shape) <= shared_bytes) break;
  }
  return shape;
}

double gather_seconds(const GatherTiling& tiling, const GatherMatrix& matrix, std::int64_t images,
                      const CudaDevice& device) {
  const GatherWork work = mean_slice(tiling, matrix);
  const GatherClocks slice = gather_slice_clocks(tiling, work);
  const double rows = std::min<double>(tiling.block_rows(), std::max(1.0, matrix.rows));
  const double row_blocks = divide_up(std::max(1.0, matrix.rows), tiling.block_rows());
  const double slices = divide_up(matrix.nonzeros / row_blocks / std::max(1.0, work.entries), tiling.splits);
  const double epilogue = gather_epilogue_clocks(tiling, rows);
  // Until the first slice is there nobody multiplies.
  const double begin = 1000 + work.columns * tiling.lane_images * kGatherLaneBytes / 21;
  const double busy = slices * slice.busy + epilogue, alone = begin + slices * slice.alone + epilogue;
  // Blocks of a multiprocessor share what is busy, and each of them waits on its own.
  const double blocks = row_blocks * divide_up(static_cast<double>(images), tiling.tile()) * tiling.splits;
  const double here = divide_up(blocks, std::max(1, device.multiprocessors));
  const double together = gather_residents(tiling, device);
  const auto clocks = [&](double count) { return count > 0 ? std::max(count * busy, alone) : 0.0; };
  const double all = std::floor(here / together) * clocks(together) + clocks(std::fmod(here, together));
  return all / (device.clock_hz > 0 ? device.clock_hz : 1.98e9);
}

namespace {

using Timed = std::pair<double, GatherTiling>;

/// The best way of using a kernel with so many warps; its slice_columns are 0 where there is none.
Timed best_use(const GatherTiling& shape, const GatherMatrix& matrix, const CudaRequest& request) {
  const CudaDevice& device = request.device;
  Timed best{0, shape};
  best.second.slice_columns = 0;
  for (const int sharing : {1, 2, 4}) {  // a multiprocessor's shared memory
    if (shape.warps * sharing < 8 || shape.warps * sharing > 32) continue;
    for (const int splits : {1, 2, 4, 8}) {
      GatherTiling tiling = shape;
      tiling.stages = sharing == 1 ? 3 : 2;
      tiling.splits = splits;
      const std::int64_t shared =
          std::min(device.shared_bytes_per_block,
                   device.shared_bytes_per_multiprocessor / sharing - kGatherReservedBytes);
      tiling = gather_tiling(tiling, matrix, shared);
      if (tiling.slice_columns == 0) continue;
      const double seconds = gather_seconds(tiling, matrix, request.images, device);
      if (best.second.slice_columns == 0 || seconds < best.first) best = {seconds, tiling};
    }
  }
  return best;
}

}  // namespace

std::vector<GatherTiling> gather_tilings(const CudaRequest& request) {
  const GatherMatrix matrix = gather_matrix(request.layer.weights);
  std::vector<Timed> timed;
  // The more rows a block has, the less often x is brought from the level-2 cache; the more images, the less
  // a nonzero costs beside its products; the smaller the blocks, the more multiprocessors have work.
  for (const int lane_images : {4, 2, 1}) {
    for (const int warp_rows : {32, 16, 8, 4}) {
      if (!gather_kernel_exists(warp_rows, lane_images)) continue;
      for (const int warps : {16, 8, 4}) {
        GatherTiling shape;
        shape.warps = warps;
        shape.warp_rows = warp_rows;
        shape.lane_images = lane_images;
        const Timed best = best_use(shape, matrix, request);
        if (best.second.slice_columns > 0) timed.push_back(best);
      }
    }
  }
  std::stable_sort(timed.begin(), timed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<GatherTiling> tilings;
  for (const auto& [seconds, tiling] : timed) {
    // What would take half as long again as the best, by a rough count, is not worth packing.
    if (tilings.size() == kMostTilings || seconds > 1.5 * timed.front().first) break;
    tilings.push_back(tiling);
  }
  return tilings;
}

std::vector<PackedGather> gather_packings(const CudaRequest& request) {
  std::vector<std::pair<double, PackedGather>> counted;
  for (const GatherTiling& tiling : gather_tilings(request)) {
    PackedGather packed = pack_gather(request.layer.weights, tiling);
    const double clocks = gather_launch_clocks(packed, request.images, request.device);
    counted.emplace_back(clocks, std::move(packed));
    std::stable_sort(counted.begin(), counted.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    if (counted.size() > kMostPackings) counted.pop_back();
  }
  std::vector<PackedGather> packings;
  for (auto& [clocks, packed] : counted) packings.push_back(std::move(packed));
  return packings;
}

}  // namespace coppice::kernels
