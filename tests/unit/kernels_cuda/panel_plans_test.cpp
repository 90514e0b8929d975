// Tilings for realistic layers, and what skewed masks do to them.
#include <algorithm>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "kernels/cuda/panel_mma/plans.h"
#include "unit/kernels_cuda/h200.h"

namespace coppice::kernels {
namespace {

Layer layer_of(Csr weights) {
  Layer layer;
  layer.shape.outputs = weights.rows;
  layer.shape.channels = weights.columns;
  layer.weights = std::move(weights);
  return layer;
}

/// Only the number of nonzeros is looked at.
Layer layer_of(std::int64_t rows, std::int64_t columns, double density) {
  Csr weights;
  weights.rows = rows;
  weights.columns = columns;
  weights.value.resize(static_cast<std::size_t>(static_cast<double>(rows * columns) * density));
  return layer_of(std::move(weights));
}

std::vector<PanelTiling> tilings(const Layer& layer, std::int64_t images, const CudaDevice& device) {
  return panel_tilings({layer, images, Precision::kBf16, {}, {}, device});
}

TEST(PanelPlans, FitIntoSharedMemoryAndRegisters) {
  for (const std::int64_t shared_kib : {99, 163, 227}) {
    CudaDevice device = h200();
    device.shared_bytes_per_block = shared_kib << 10;
    device.shared_bytes_per_multiprocessor = (shared_kib + 1) << 10;
    for (const std::int64_t size : {1, 300, 4096}) {
      for (const std::int64_t images : {9, 64, 100, 3000}) {
        const auto all = tilings(layer_of(size, size, 0.02), images, device);
        ASSERT_GE(all.size(), 1u);
        ASSERT_LE(all.size(), 4u) << "each with and without overlap";
        for (const PanelTiling& t : all) {
          EXPECT_LE(panel_shared_bytes(t.warps, t.columns, t.slice_columns), device.shared_bytes_per_block);
          EXPECT_LE(t.warps, kPanelMostWarps);
          EXPECT_TRUE(t.columns == 16 ? images <= 16 : t.columns == 64 || images > 64) << t.columns;
          EXPECT_EQ(panel_size_refusal(size, size, size, t), "");
        }
      }
    }
  }
}

TEST(PanelPlans, LargeBlocksForLargeLayersPartsForSmallOnes) {
  const CudaDevice device = h200();
  const PanelTiling large = tilings(layer_of(8192, 8192, 0.02), 512, device).front();
  EXPECT_EQ(large, (PanelTiling{16, 128, 256, 1})) << "128 blocks of threads";
  const PanelTiling few = tilings(layer_of(8192, 8192, 0.02), 64, device).front();
  EXPECT_EQ(few.columns, 64);
  EXPECT_GE(8192 / (16 * few.warps) * few.parts, 90) << "most multiprocessors have work";
  const PanelTiling small = tilings(layer_of(512, 4608, 0.05), 256, device).front();
  EXPECT_GT(small.parts, 1);
}

TEST(PanelPlans, NoneWhereSharedMemoryIsTooSmall) {
  CudaDevice device = h200();
  device.shared_bytes_per_block = 8 << 10;
  EXPECT_TRUE(tilings(layer_of(10, 10, 0.5), 64, device).empty());
}

/// The prediction counts what the packing then has.
TEST(PanelPlans, PredictionsMatchThePacking) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> chance(0, 1);
  for (const double density : {0.02, 0.1}) {
    Csr m;
    m.rows = 1024;
    m.columns = 4096;
    for (std::int64_t row = 0; row < m.rows; ++row) {
      for (std::int32_t c = 0; c < 4096; ++c) {
        if (chance(random) < density) m.column.push_back(c), m.value.push_back(1);
      }
      m.begin.push_back(m.nonzeros());
    }
    const Layer layer = layer_of(std::move(m));
    const CudaDevice device = h200();
    for (const PanelTiling& tiling : {PanelTiling{16, 128, 256, 1}, PanelTiling{8, 128, 128, 2}}) {
      const PackedPanels packed = pack_panels(layer.weights, tiling);
      const auto prediction = predict_panel_mma({layer, 128, Precision::kBf16, {}, {}, device}, tiling);
      const std::vector<double> costs = panel_mma_block_costs(packed);
      const double counted = std::accumulate(costs.begin(), costs.end(), 0.0);
      EXPECT_NEAR(prediction.shared_accesses / counted, 1, 0.12) << density << " " << tiling.warps;
    }
  }
}

class PanelSkew : public testing::TestWithParam<double> {
 protected:
  static constexpr std::int64_t kSize = 4096;

  /// Each row with so many nonzeros in columns that rise by chance from `first` on.
  static Csr matrix_of(const std::vector<std::int64_t>& lengths, std::int64_t width, std::uint32_t seed) {
    std::mt19937 random(seed);
    Csr m;
    m.rows = m.columns = kSize;
    for (const std::int64_t length : lengths) {
      std::int64_t left = length;
      for (std::int64_t c = 0; c < width && left > 0; ++c) {
        if (static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(width - c)) >= left) continue;
        m.column.push_back(static_cast<std::int32_t>(c));
        m.value.push_back(1);
        --left;
      }
      m.begin.push_back(m.nonzeros());
    }
    return m;
  }

  /// Of four tiles of images, on 132 multiprocessors.
  static double time_of(const Csr& m) {
    const Layer layer = layer_of(m);
    const PackedPanels packed = pack_panels(m, tilings(layer, 512, h200()).front());
    std::vector<double> costs;
    for (int tile = 0; tile < 4; ++tile) {
      for (const double cost : panel_mma_block_costs(packed)) costs.push_back(cost);
    }
    return makespan(costs, 132);
  }
};

TEST_P(PanelSkew, CostsAtMostTwiceAUniformMask) {
  const auto mean = static_cast<std::int64_t>(GetParam() * kSize);
  const std::vector<std::int64_t> even(kSize, mean);
  const double uniform = time_of(matrix_of(even, kSize, 1));

  std::vector<std::int64_t> lengths = even;
  lengths[1234] = kSize;
  EXPECT_LE(time_of(matrix_of(lengths, kSize, 2)), 2 * uniform) << "one full row";

  lengths.assign(kSize, 0);
  for (std::size_t i = 0; i < kSize / 2; ++i) lengths[i] = 2 * mean;
  EXPECT_LE(time_of(matrix_of(lengths, kSize, 3)), 2 * uniform) << "half of the rows empty";

  // Rows of length proportional to 1 / rank, cut off at full ones, until all nonzeros are dealt out.
  double scale = static_cast<double>(mean * kSize) / 9;
  for (int i = 0; i < 40; ++i) {
    std::int64_t all = 0;
    for (std::size_t row = 0; row < kSize; ++row) {
      lengths[row * 2731 % kSize] =
          std::min<std::int64_t>(kSize, static_cast<std::int64_t>(scale / static_cast<double>(row + 1)));
      all += lengths[row * 2731 % kSize];
    }
    scale *= static_cast<double>(mean * kSize) / static_cast<double>(all);
  }
  EXPECT_NEAR(static_cast<double>(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0})),
              static_cast<double>(mean * kSize), static_cast<double>(mean * kSize) / 50);
  EXPECT_LE(time_of(matrix_of(lengths, kSize, 4)), 2 * uniform) << "power-law rows";

  EXPECT_LE(time_of(matrix_of(even, 2 * mean, 5)), 2 * uniform) << "one block of columns";
}

INSTANTIATE_TEST_SUITE_P(Densities, PanelSkew, testing::Values(0.05, 0.02));

}  // namespace
}  // namespace coppice::kernels
