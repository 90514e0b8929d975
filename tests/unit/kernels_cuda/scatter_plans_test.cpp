#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "kernels/cuda/scatter_mma/plans.h"
#include "kernels/cuda/scatter_mma/share.h"
#include "unit/kernels_cuda/h200.h"

namespace coppice::kernels {
namespace {

constexpr Layout kPlain{Order::kPlain, 0}, kLast{Order::kImagesLast, 0};

/// Only the number of nonzeros is looked at.
Layer layer_of(std::int64_t rows, std::int64_t columns, double density) {
  Layer layer;
  layer.shape.outputs = rows;
  layer.shape.channels = columns;
  layer.weights.value.resize(static_cast<std::size_t>(static_cast<double>(rows * columns) * density));
  return layer;
}

TEST(ScatterPlans, EveryPlanFitsIntoAMultiprocessor) {
  const CudaDevice device = h200();
  for (const std::int64_t size : {1, 10, 300, 4096, 20000}) {
    for (const double density : {0.0, 0.02, 0.5, 1.0}) {
      if (size == 20000 && density > 0.02) continue;
      const Layer layer = layer_of(size, size, density);
      for (const std::int64_t images : {9, 24, 48, 64}) {
        for (const Layout in : {kPlain, kLast}) {
          const auto all = scatter_tilings({layer, images, Precision::kBf16, in, {}, device});
          ASSERT_EQ(all.size(), 4u);
          for (const ScatterTiling& t : all) {
            const std::int64_t shared = scatter_shared_bytes(t, scatter_padded_images(images), in == kLast);
            EXPECT_LE(shared, device.shared_bytes_per_block);
            EXPECT_LE((shared + 1024) * t.sharing, device.shared_bytes_per_multiprocessor);
            EXPECT_LE(t.threads(), 256);
            EXPECT_LE(t.sharing * t.threads(), t.row_tiles * scatter_padded_images(images) > 128 ? 256 : 512);
            EXPECT_GE(t.stage_groups, t.header_groups() + t.warps);
          }
        }
      }
    }
  }
}

TEST(ScatterPlans, NoneWhereSharedMemoryIsTooSmall) {
  CudaDevice device = h200();
  device.shared_bytes_per_block = 8 << 10;
  EXPECT_TRUE(scatter_tilings({layer_of(10, 10, 0.5), 64, Precision::kBf16, {}, {}, device}).empty());
  device.shared_bytes_per_block = 0;
  EXPECT_TRUE(scatter_tilings({layer_of(10, 10, 0.5), 9, Precision::kBf16, {}, {}, device}).empty());
}

TEST(ScatterShare, FewSlicesAreNotCutAndManyAre) {
  ScatterTiling tiling;
  tiling.multiprocessors = 8;
  const ScatterCost cost(tiling, 16);
  const auto parts = [&](std::vector<std::vector<double>> slices) {
    std::vector<std::size_t> result;
    for (const auto& bounds : share_slices(slices, tiling, cost).bounds) result.push_back(bounds.size() - 1);
    return result;
  };
  using Parts = std::vector<std::size_t>;
  EXPECT_EQ(parts({{}, {1, 1}}), (Parts{1, 1})) << "adding up would take longer than the work";
  EXPECT_EQ(parts({std::vector(40, 1e6)}), (Parts{8}));
  EXPECT_EQ(parts({std::vector(30, 1e6), std::vector(10, 1e6)}), (Parts{6, 2}));
  EXPECT_EQ(parts(std::vector(16, std::vector(10, 1e6))), (Parts(16, 1))) << "two rounds of eight";
  tiling.parts = 5;
  EXPECT_EQ(parts({std::vector(5, 1.0)}), (Parts{5}));
  EXPECT_EQ(parts({std::vector(3, 1.0)}), (Parts{3})) << "no part without a slice";
  const auto bounds = share_slices({{1, 1, 6, 1, 1, 2}}, tiling, cost).bounds[0];
  EXPECT_EQ(bounds, (std::vector<std::uint32_t>{0, 2, 3, 5, 6})) << "a long slice stands alone";
}

// Skewed masks.

Csr with_rows(std::int64_t columns, const std::vector<double>& densities, std::mt19937& random) {
  Csr m;
  m.rows = std::ssize(densities);
  m.columns = columns;
  for (const double density : densities) {
    std::geometric_distribution<std::int64_t> gap(std::clamp(density, 1e-9, 1 - 1e-9));
    for (std::int64_t c = gap(random); c < columns; c += 1 + gap(random)) {
      m.column.push_back(static_cast<std::int32_t>(c));
      m.value.push_back(1);
    }
    m.begin.push_back(m.nonzeros());
  }
  return m;
}

Csr in_one_column_block(std::int64_t rows, std::int64_t columns, double density) {
  Csr m;
  m.rows = rows;
  m.columns = columns;
  const auto used = static_cast<std::int32_t>(static_cast<double>(columns) * density);
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int32_t c = 0; c < used; ++c) m.column.push_back(1000 + c), m.value.push_back(1);
    m.begin.push_back(m.nonzeros());
  }
  return m;
}

/// Until the last row is stored, in clocks.
double time_of(const Csr& matrix, std::int64_t images, Layout layout) {
  const CudaDevice device = h200();
  Layer layer;
  layer.shape.outputs = matrix.rows;
  layer.shape.channels = matrix.columns;
  layer.weights = matrix;
  const ScatterTiling tiling =
      scatter_tilings({layer, images, Precision::kBf16, layout, layout, device}).front();
  const PackedScatter packed = pack_scatter(
      matrix, images, layout == kLast, layout == kLast ? RowOrder::kBalanced : RowOrder::kAsTheyCome, tiling);
  const std::vector<double> costs = scatter_mma_block_costs(packed);
  EXPECT_TRUE(std::is_sorted(costs.begin(), costs.end(), std::greater<>()));
  std::int64_t most_parts = 0;
  for (const ScatterPart& part : packed.parts) most_parts = std::max<std::int64_t>(most_parts, part.parts);
  return makespan(costs, tiling.places()) + ScatterCost(tiling, packed.padded_images).last(most_parts);
}

TEST(ScatterSkew, CostsAtMostTwiceAUniformMask) {
  constexpr std::int64_t kSize = 4096;
  std::mt19937 random(4);
  for (const double density : {0.05, 0.02}) {
    std::vector<double> uniform(kSize, density), full = uniform, power(kSize), half(kSize, 0.0);
    full[1234] = 1;
    double sum = 0;
    for (std::size_t i = 0; i < kSize; ++i) sum += power[i] = std::pow(static_cast<double>(i + 1), -0.7);
    for (double& p : power) p = std::min(1.0, p * density * kSize / sum);
    for (std::size_t i = 0; i < kSize; ++i) half[i] = i / 512 % 2 ? 2 * density : 0;  // empty blocks
    for (const auto& [images, layout] : {std::pair{16, kPlain}, {16, kLast}, {64, kPlain}, {64, kLast}}) {
      const double even = time_of(with_rows(kSize, uniform, random), images, layout);
      const auto expect = [&](const Csr& matrix, const char* what) {
        EXPECT_LT(time_of(matrix, images, layout), 2 * even) << what << ", " << density << ", " << images;
      };
      expect(with_rows(kSize, full, random), "one full row");
      expect(with_rows(kSize, power, random), "power law");
      expect(with_rows(kSize, half, random), "empty blocks");
      expect(in_one_column_block(kSize, kSize, density), "one block of columns");
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
