// Which tilings are offered, and that skewed masks cost no more than others: work is counted block by block.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "kernels/cuda/gather_fma/cost.h"
#include "kernels/cuda/gather_fma/plans.h"
#include "unit/kernels_cuda/h200.h"

namespace coppice::kernels {
namespace {

constexpr Layout kLast{Order::kImagesLast, 0};

/// chance(row, column) of a nonzero.
Layer layer_of(std::int64_t rows, std::int64_t columns,
               const std::function<double(std::int64_t, std::int64_t)>& chance) {
  Layer layer;
  layer.shape.outputs = layer.weights.rows = rows;
  layer.shape.channels = layer.weights.columns = columns;
  std::mt19937 random(7);
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      if (static_cast<double>(random()) >= chance(row, column) * 4294967296.0) continue;
      layer.weights.column.push_back(static_cast<std::int32_t>(column));
      layer.weights.value.push_back(1);
    }
    layer.weights.begin.push_back(layer.weights.nonzeros());
  }
  return layer;
}
Layer even(std::int64_t rows, std::int64_t columns, double density) {
  return layer_of(rows, columns, [=](auto, auto) { return density; });
}

std::vector<GatherTiling> tilings(const Layer& layer, std::int64_t images,
                                  const CudaDevice& device = h200()) {
  return gather_tilings({layer, images, Precision::kFp32, kLast, kLast, device});
}

TEST(GatherPlans, EveryTilingHasItsKernelAndFitsIntoSharedMemory) {
  const CudaDevice device = h200();
  for (const std::int64_t size : {1, 30, 700, 4096}) {
    for (const double density : {0.0, 0.01, 0.3}) {
      const Layer layer = even(size, size, density);
      for (const std::int64_t images : {9, 64, 1000}) {
        const auto all = tilings(layer, images);
        ASSERT_GE(all.size(), 1u);
        ASSERT_LE(all.size(), 8u);
        for (const GatherTiling& t : all) {
          EXPECT_TRUE(gather_kernel_exists(t.warp_rows, t.lane_images));
          EXPECT_LE(32 * t.warps, kGatherMostThreads);
          EXPECT_LE(t.slice_columns, std::min(kGatherMostSliceColumns, 32 * t.warps));
          EXPECT_LT(t.slice_columns, size + 8) << "no room for columns that are not there";
          EXPECT_GE(t.slice_vectors, gather_least_vectors(t));
          EXPECT_LE(gather_shared_bytes(t), device.shared_bytes_per_block);
        }
      }
    }
  }
}

TEST(GatherPlans, LargeBlocksForLargeLayersSmallOnesForFewImages) {
  const Layer layer = even(4096, 4096, 0.1);
  const GatherTiling large = tilings(layer, 2048).front(), small = tilings(layer, 64).front();
  EXPECT_EQ(large.tile(), 128);
  EXPECT_GE(large.block_rows(), 128);
  EXPECT_EQ(large.splits, 1);
  EXPECT_LE(small.tile(), 64);
  EXPECT_GE(4096 / small.block_rows() * (64 / small.tile()) * small.splits, 128)
      << "about a block for each multiprocessor";
  // The sparser, the more rows share what is brought.
  EXPECT_GE(tilings(even(8192, 8192, 0.02), 512).front().block_rows(), 256);
}

TEST(GatherPlans, ColumnsAndRowsWithoutNonzerosCountForNothing) {
  const Layer layer =
      layer_of(100, 50, [](auto row, auto column) { return row % 4 == 1 && column < 20 ? 1 : 0; });
  const GatherMatrix m = gather_matrix(layer.weights);
  EXPECT_EQ(m.rows, 25);
  EXPECT_EQ(m.columns, 20);
  EXPECT_EQ(m.nonzeros, 500);
}

TEST(GatherPlans, NoneWhereSharedMemoryIsTooSmall) {
  CudaDevice device = h200();
  device.shared_bytes_per_block = 1 << 10;
  EXPECT_TRUE(tilings(even(10, 10, 0.5), 64, device).empty());
  device.shared_bytes_per_block = 0;
  EXPECT_TRUE(tilings(even(10, 10, 0.5), 64, device).empty());
}

TEST(GatherCost, OfASliceByHand) {
  const GatherTiling tiling{8, 16, 4, 2, 64, 700};
  // 800 entries of 4 wavefronts, 64 columns of 4, 500 vectors read and an eighth of that to write them.
  const GatherClocks c = gather_slice_clocks(tiling, {64, 500, 800, 110});
  EXPECT_DOUBLE_EQ(c.busy, 3200 + 256 + 500 + 62.5);
  EXPECT_DOUBLE_EQ(c.alone, c.busy + 200);
  // In 9.5 instructions, 16 for each row, and 8 for each of 80 copies.
  EXPECT_LT((800 * 9.5 + 128 * 16 + (64 * 512 + 500 * 16) / 64.0) / 4, c.busy);
  EXPECT_DOUBLE_EQ(gather_slice_clocks({8, 8, 1, 2, 64, 700}, {64, 400, 800, 110}).busy,
                   (800 * 5.5 + 64 * 30 + (64 * 128 + 400 * 16) / 64.0) / 4);
  // With hardly an entry the level-2 cache is what is busy, and with all of them in one warp its waiting.
  EXPECT_DOUBLE_EQ(gather_slice_clocks(tiling, {64, 21, 0, 0}).busy, (64 * 512 + 21 * 16) / 21.0);
  EXPECT_DOUBLE_EQ(gather_slice_clocks(tiling, {64, 500, 800, 800}).alone, 800 * 20 + 16 * 30 + 200);
}

TEST(GatherCost, SplitsShareTheSlicesAndPayForIt) {
  const Layer layer = even(64, 600, 0.2);
  GatherTiling tiling{4, 16, 1, 2, 100, 600, 1};
  const auto whole = gather_block_costs(pack_gather(layer.weights, tiling));
  ASSERT_EQ(whole.size(), 1u);
  tiling.splits = 3;
  const auto parts = gather_block_costs(pack_gather(layer.weights, tiling));
  ASSERT_EQ(parts.size(), 3u);
  tiling.splits = 1;
  const double slices = whole[0] - gather_epilogue_clocks(tiling, 64);
  tiling.splits = 3;
  EXPECT_NEAR(parts[0] + parts[1] + parts[2], slices + 3 * gather_epilogue_clocks(tiling, 64), 1e-6);
  EXPECT_DOUBLE_EQ(gather_epilogue_clocks(tiling, 64), 64 * 128 / 16 / 3.0 + 2 * 64 * 128 / 21.0 + 2000);
}

double clocks(const Layer& layer, std::int64_t images) {
  const CudaDevice device = h200();
  const auto packings = gather_packings({layer, images, Precision::kFp32, kLast, kLast, device});
  EXPECT_LE(packings.size(), 4u);
  const PackedGather& packed = packings.front();
  const std::vector<double> costs = gather_block_costs(packed);
  EXPECT_TRUE(packed.tiling.splits > 1 || std::is_sorted(costs.rbegin(), costs.rend()))
      << "the heaviest first";
  return gather_launch_clocks(packed, images, device);
}

/// Each mask with the packing chosen for it.
void expect_no_worse_than_twice(double density, std::int64_t images) {
  constexpr std::int64_t kSize = 4096;
  const Layer base = even(kSize, kSize, density);
  const auto nonzeros = static_cast<double>(base.weights.nonzeros());
  const double allowed = 2 * clocks(base, images);
  const auto all = static_cast<double>(kSize);
  const double rest = (density * all - 1) / (all - 1);
  // Row r has a share of about 1 / (r + 20), scaled to the density.
  double shares = 0;
  for (std::int64_t r = 0; r < kSize; ++r) shares += std::min(1.0, 40.0 / static_cast<double>(r + 20));
  const double scale = density * all / shares;
  const std::pair<const char*, Layer> skewed[] = {
      {"one full row", layer_of(kSize, kSize, [&](auto r, auto) { return r == 1000 ? 1.0 : rest; })},
      {"power-law rows", layer_of(kSize, kSize,
                                  [&](auto r, auto) {
                                    return std::min(
                                        1.0, scale * std::min(1.0, 40.0 / static_cast<double>(r + 20)));
                                  })},
      {"empty blocks", layer_of(kSize, kSize, [&](auto r, auto) { return r / 512 % 2 ? 2 * density : 0.0; })},
      {"one column block", layer_of(kSize, kSize, [&](auto, auto c) { return c < 512 ? 8 * density : 0.0; })},
      {"rows of one block",
       layer_of(kSize, kSize, [&](auto r, auto) { return r < 512 ? 8 * density : 0.0; })}};
  for (const auto& [name, layer] : skewed) {
    const double more = static_cast<double>(layer.weights.nonzeros()) / nonzeros;
    EXPECT_NEAR(more, 1, 0.1) << name;
    EXPECT_LE(clocks(layer, images), allowed * std::max(1.0, more)) << name;
  }
}

TEST(GatherCost, SkewedMasksAtFivePercent) { expect_no_worse_than_twice(0.05, 512); }
TEST(GatherCost, SkewedMasksAtTwoPercent) { expect_no_worse_than_twice(0.02, 512); }
TEST(GatherCost, SkewedMasksWithMoreImages) { expect_no_worse_than_twice(0.05, 2048); }

TEST(GatherCost, PackingTakesSeconds) {
  const Layer layer = even(8192, 8192, 0.1);
  const GatherTiling tiling = tilings(layer, 512).front();
  const auto begin = std::chrono::steady_clock::now();
  const PackedGather packed = pack_gather(layer.weights, tiling);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(seconds.count(), 20) << "0.2 on an idle machine";
  // Two entries a vector, and little beside: 8 bytes a nonzero.
  EXPECT_LT(static_cast<double>(packed.bytes_read()), 9.5 * static_cast<double>(layer.weights.nonzeros()));
}

}  // namespace
}  // namespace coppice::kernels
