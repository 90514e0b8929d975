#include "kernels/cuda/scatter_mma/plans.h"

#include <algorithm>
#include <cmath>

#include "kernels/cuda/scatter_mma/share.h"

namespace coppice::kernels {

namespace {

constexpr std::size_t kMostTilings = 4;

/// What to expect of a block of rows where nonzeros lie anywhere.
struct Expected {
  double steps, groups, most_groups;  // slices; in the mean slice; in the largest
};

Expected expect(const CudaRequest& request, const ScatterTiling& tiling) {
  const LayerShape& shape = request.layer.shape;
  const double rows = static_cast<double>(std::min<std::int64_t>(tiling.block_rows(), shape.outputs));
  const auto columns = static_cast<double>(shape.columns());
  const double density =
      static_cast<double>(request.layer.weights.nonzeros()) / (static_cast<double>(shape.outputs) * columns);
  const bool images_last = request.in.order == Order::kImagesLast;
  const double used = images_last ? 1 - std::pow(1 - std::min(1.0, density), rows) : 1;
  Expected expected;
  expected.steps = std::ceil(columns * used / kScatterColumns);
  const double words = used > 0 ? rows * std::min<double>(kScatterColumns, columns) * density / used : 0;
  const double begun = static_cast<double>(tiling.header_groups()) + 0.5 * tiling.warps;
  expected.groups = begun + words / 4;
  expected.most_groups = begun + (words + 4.5 * std::sqrt(words)) / 4 + tiling.warps;
  return expected;
}

bool enough_registers(const CudaRequest& request, const ScatterTiling& tiling) {
  const bool many_sums = tiling.row_tiles * scatter_padded_images(request.images) / 16 > 8;  // scatter_blocks
  return tiling.threads() <= static_cast<int>(kScatterMostThreads) &&
         tiling.sharing * tiling.threads() <= (many_sums ? 256 : 512);
}

double clocks_of(const CudaRequest& request, const ScatterTiling& tiling) {
  const ScatterCost cost(tiling, scatter_padded_images(request.images));
  const Expected expected = expect(request, tiling);
  const std::int64_t blocks = (request.layer.shape.outputs + tiling.block_rows() - 1) / tiling.block_rows();
  const auto groups =
      static_cast<std::int64_t>(std::min(expected.groups, static_cast<double>(tiling.stage_groups)));
  // Where stages are small a step is several slices.
  const double slices =
      expected.steps * std::max(1.0, expected.groups / static_cast<double>(tiling.stage_groups));
  const std::vector<double> block(static_cast<std::size_t>(std::ceil(slices)), cost.slice(groups));
  return share_slices(std::vector(static_cast<std::size_t>(blocks), block), tiling, cost).clocks;
}

}  // namespace

std::optional<ScatterTiling> scatter_tiling(const CudaRequest& request, int row_tiles, int warps, int teams,
                                            int sharing) {
  constexpr std::int64_t kReservedPerBlock = 1024;
  const CudaDevice& device = request.device;
  const int images = scatter_padded_images(request.images);
  const bool images_last = request.in.order == Order::kImagesLast;
  ScatterTiling tiling;
  tiling.row_tiles = row_tiles;
  tiling.warps = warps;
  tiling.teams = teams;
  tiling.sharing = sharing;
  tiling.multiprocessors = std::max(1, device.multiprocessors);
  if (!enough_registers(request, tiling)) return std::nullopt;
  const std::int64_t shared = std::min(device.shared_bytes_per_block,
                                       device.shared_bytes_per_multiprocessor / sharing - kReservedPerBlock);
  const std::int64_t x = scatter_x_bytes(images, images_last);
  const std::int64_t least = tiling.header_groups() + warps;
  const auto wanted = std::max(least, static_cast<std::int64_t>(expect(request, tiling).most_groups));
  // Masks are seldom even: where there is room for more than is expected, no slice is cut.
  const auto fitting = [&](int stages) {
    const std::int64_t bytes = ((shared - 16) / teams - tiling.block_rows() * 128) / stages - x;
    return std::min(bytes / 128 * 8, std::int64_t{65535});
  };
  for (const std::int64_t slack : {4, 2, 1}) {
    for (tiling.stages = static_cast<int>(kScatterMostStages); tiling.stages > 3; --tiling.stages) {
      tiling.stage_groups = slack * wanted;
      if (tiling.stage_groups <= fitting(tiling.stages)) break;
    }
    if (tiling.stages > 3) break;
  }
  while (tiling.stage_groups > fitting(tiling.stages) && tiling.stages > 2) --tiling.stages;
  tiling.stage_groups = std::min(tiling.stage_groups, fitting(tiling.stages));
  const bool fits = scatter_shared_bytes(tiling, images, images_last) <= shared;  // so do the sums
  return tiling.stage_groups >= least && fits ? std::optional(tiling) : std::nullopt;
}

std::vector<ScatterTiling> scatter_tilings(const CudaRequest& request) {
  std::vector<std::pair<double, ScatterTiling>> all;
  for (const int row_tiles : {1, 2, 4}) {
    for (const int warps : {2, 4, 8}) {
      for (const int teams : {1, 2, 4}) {
        for (const int sharing : {1, 2}) {
          if (const auto tiling = scatter_tiling(request, row_tiles, warps, teams, sharing)) {
            all.emplace_back(clocks_of(request, *tiling), *tiling);
          }
        }
      }
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<ScatterTiling> tilings;
  for (const auto& [clocks, tiling] : all) {
    if (tilings.size() < kMostTilings) tilings.push_back(tiling);
  }
  return tilings;
}

}  // namespace coppice::kernels
