// Which tilings are offered for few images, and that skewed masks cost no more than others: work is counted
// block by block.
#include <algorithm>
#include <chrono>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "kernels/cuda/conv_pixels/cost.h"
#include "kernels/cuda/conv_pixels/plans.h"
#include "unit/kernels_cuda/h200.h"

namespace coppice::kernels {
namespace {

/// chance(row, column) of a nonzero.
Layer layer_of(const LayerShape& shape, const std::function<double(std::int64_t, std::int64_t)>& chance) {
  Layer layer;
  layer.shape = shape;
  layer.weights.rows = shape.outputs, layer.weights.columns = shape.columns();
  std::mt19937 random(7);
  for (std::int64_t row = 0; row < layer.weights.rows; ++row) {
    for (std::int64_t column = 0; column < layer.weights.columns; ++column) {
      if (static_cast<double>(random()) >= chance(row, column) * 4294967296.0) continue;
      layer.weights.column.push_back(static_cast<std::int32_t>(column));
      layer.weights.value.push_back(1);
    }
    layer.weights.begin.push_back(layer.weights.nonzeros());
  }
  return layer;
}
LayerShape same(std::int64_t channels, std::int64_t size) {
  return {channels, channels, size, size, 3, 3, 1, 1, 1};
}
Layer even(const LayerShape& shape, double density) {
  return layer_of(shape, [=](auto, auto) { return density; });
}
std::int64_t blocks(const LayerShape& shape, const PackedConvPixels& packed, std::int64_t images) {
  return packed.plan.blocks * packed.tiling.splits * images * conv_pixels_patch(shape, packed.tiling).tiles();
}

TEST(ConvPixelsPlans, EveryPackingFitsAndHasItsKernel) {
  const CudaDevice device = h200();
  for (const LayerShape& shape :
       {same(64, 56), same(512, 7), LayerShape{64, 3, 224, 224, 7, 7, 2, 3, 1},
        LayerShape{5, 1, 1, 1, 1, 1, 1, 1, 1}, LayerShape{40, 40, 14, 14, 1, 1, 2, 0, 1},
        LayerShape{2, 600, 8, 300, 1, 64, 1, 0, 1}}) {
    for (const double density : {0.0, 0.02, 1.0}) {
      const Layer layer = even(shape, density);
      for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
        const auto packings = conv_pixels_packings({layer, 1, precision, {}, {}, device});
        ASSERT_GE(packings.size(), 1u);
        ASSERT_LE(packings.size(), 4u);
        bool whole = false;
        for (const PackedConvPixels& packed : packings) {
          EXPECT_LE(packed.tiling.lane_pixels(), kConvPixelsMostLanePixels);
          EXPECT_LE(32 * packed.tiling.warps, kConvPixelsMostThreads);
          EXPECT_LE(packed.shared_bytes(), device.shared_bytes_per_block);
          whole = whole || packed.tiling.splits == 1;
        }
        EXPECT_TRUE(whole) << "one that shares no channels";
      }
    }
  }
}

TEST(ConvPixelsPlans, OneImageKeepsMultiprocessorsBusy) {
  const CudaDevice device = h200();
  for (const auto& [channels, size] : {std::pair{64, 56}, {128, 28}, {256, 14}, {512, 7}}) {
    const LayerShape shape = same(channels, size);
    const Layer layer = even(shape, 0.05);
    const auto packings = conv_pixels_packings({layer, 1, Precision::kFp32, {}, {}, device});
    const PackedConvPixels& best = packings.front();
    EXPECT_GE(blocks(shape, best, 1), 100);
    EXPECT_LE(blocks(shape, best, 1), 2 * 132) << "all at once";
    // Half of what cuDNN is thought to take without the launch.
    EXPECT_LT(conv_pixels_launch_clocks(shape, best, 1, 4, device) / device.clock_hz, 5e-6);
  }
}

TEST(ConvPixelsPlans, NoneWhereSharedMemoryIsTooSmall) {
  CudaDevice device = h200();
  const Layer layer = even(same(16, 14), 0.1);
  device.shared_bytes_per_block = 1 << 8;
  EXPECT_TRUE(conv_pixels_tilings({layer, 1, Precision::kFp32, {}, {}, device}).empty());
}

TEST(ConvPixelsCost, OfASliceByHand) {
  const LayerShape layer = same(64, 56);
  // 56 pixels: 16 cells of 6 rows, in 12 warps' threads 4 channels at once, 16 times.
  const ConvPixelsShape shape = conv_pixels_shape(layer, {14, 4, 12, 3, 64, 1, 1}, 4);
  EXPECT_EQ(shape.cells, 96);
  EXPECT_EQ(shape.places.wavefronts, 2);
  const ConvPixelsClocks clocks = conv_pixels_slice_clocks(shape, {64, 600, 1000, 30, 100, 3});
  const double copies = 16 * 12, pieces = 3;
  EXPECT_DOUBLE_EQ(clocks.busy, 1000 * 2.5 + 30 * 4 + copies * (pieces + 1) + 600 / 8.0);
  EXPECT_DOUBLE_EQ(clocks.arriving, copies * (pieces + 1));
  EXPECT_DOUBLE_EQ(clocks.multiplying, 1000 * 2.5 + 60);
  // With nearly all of them in one warp it is what that waits for, and with hardly any what arrives.
  EXPECT_DOUBLE_EQ(conv_pixels_slice_clocks(shape, {64, 600, 1000, 30, 900, 3}).multiplying,
                   900 * 17 + 3 * 60 + 60);
  const double bytes = 64 * 6 * (16 * 4 + 31) + 60 * 16;
  EXPECT_DOUBLE_EQ(conv_pixels_slice_clocks(shape, {64, 60, 0, 0, 0, 0}).busy, bytes / 21);
  // Only what has nonzeros is brought.
  EXPECT_DOUBLE_EQ(conv_pixels_slice_clocks(shape, {0, 6, 0, 0, 0, 0}).arriving, 6 * 16 / 64.0);
}

double clocks(const Layer& layer, std::int64_t images) {
  const CudaDevice device = h200();
  const auto packings = conv_pixels_packings({layer, images, Precision::kFp32, {}, {}, device});
  const std::vector<double> costs = conv_pixels_block_costs(layer.shape, packings.front());
  EXPECT_EQ(std::ssize(costs), packings.front().plan.blocks * packings.front().tiling.splits);
  return conv_pixels_launch_clocks(layer.shape, packings.front(), images, 4, device);
}

/// Each mask with the packing chosen for it.
void expect_no_worse_than_twice(const LayerShape& shape, double density, std::int64_t images) {
  const Layer base = even(shape, density);
  const auto nonzeros = static_cast<double>(base.weights.nonzeros());
  const double allowed = 2 * clocks(base, images);
  const auto rows = static_cast<double>(shape.outputs);
  const double rest = (density * rows - 1) / (rows - 1);
  double shares = 0;
  for (std::int64_t r = 0; r < shape.outputs; ++r) shares += 1 / static_cast<double>(r + 8);
  const double scale = density * rows / shares;
  const std::pair<const char*, Layer> skewed[] = {
      {"one full row", layer_of(shape, [&](auto r, auto) { return r == 30 ? 1.0 : rest; })},
      {"power-law rows",
       layer_of(shape, [&](auto r, auto) { return std::min(1.0, scale / static_cast<double>(r + 8)); })},
      {"empty rows", layer_of(shape, [&](auto r, auto) { return r / 8 % 2 ? 2 * density : 0.0; })},
      {"some channels",
       layer_of(shape, [&](auto, auto c) { return c < shape.columns() / 8 ? 8 * density : 0.0; })},
      {"some rows",
       layer_of(shape, [&](auto r, auto) { return r < shape.outputs / 8 ? 8 * density : 0.0; })}};
  for (const auto& [name, layer] : skewed) {
    const double more = static_cast<double>(layer.weights.nonzeros()) / nonzeros;
    EXPECT_NEAR(more, 1, 0.15) << name;
    EXPECT_LE(clocks(layer, images), allowed * std::max(1.0, more)) << name;
  }
}

TEST(ConvPixelsCost, SkewedMasksOfOneImage) {
  expect_no_worse_than_twice(same(256, 14), 0.05, 1);
  expect_no_worse_than_twice(same(512, 7), 0.05, 1);
}
TEST(ConvPixelsCost, SkewedMasksOfMoreImages) { expect_no_worse_than_twice(same(128, 28), 0.1, 16); }

TEST(ConvPixelsCost, PackingTakesSeconds) {
  const Layer layer = even(same(512, 14), 0.2);
  const CudaDevice device = h200();
  const auto begin = std::chrono::steady_clock::now();
  const auto packings = conv_pixels_packings({layer, 1, Precision::kFp32, {}, {}, device});
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(seconds.count(), 20) << "less than one on an idle machine, for sixteen packings";
  for (const PackedConvPixels& packed : packings) {
    EXPECT_LT(static_cast<double>(packed.bytes_read()), 12 * static_cast<double>(layer.weights.nonzeros()));
  }
}

}  // namespace
}  // namespace coppice::kernels
