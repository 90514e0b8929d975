#include "measure/random_layer.h"

#include "coppice/error.h"

#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"
#include "measure/bench_shape.h"

namespace coppice {
namespace {

std::vector<std::int64_t> of_rows(const kernels::Layer& layer) {
  std::vector<std::int64_t> counts;
  for (std::size_t row = 0; row + 1 < layer.weights.begin.size(); ++row)
    counts.push_back(layer.weights.begin[row + 1] - layer.weights.begin[row]);
  return counts;
}

void check(const kernels::Layer& layer, std::int64_t wanted) {
  EXPECT_EQ(layer.weights.nonzeros(), wanted);
  ASSERT_EQ(layer.weights.column.size(), static_cast<std::size_t>(wanted));
  ASSERT_EQ(layer.weights.begin.size(), static_cast<std::size_t>(layer.shape.outputs + 1));
  EXPECT_EQ(layer.weights.begin.back(), layer.weights.nonzeros());
  for (std::int64_t row = 0; row < layer.shape.outputs; ++row) {
    for (std::int64_t i = layer.weights.begin[row]; i < layer.weights.begin[row + 1]; ++i) {
      EXPECT_GE(layer.weights.column[i], 0);
      EXPECT_LT(layer.weights.column[i], layer.shape.columns());
      if (i > layer.weights.begin[row]) {
        EXPECT_LT(layer.weights.column[i - 1], layer.weights.column[i]);
      }
    }
  }
}

TEST(RandomLayer, HasExactlyTheNonzerosAskedFor) {
  for (const auto& shape : {linear_shape(7, 13), linear_shape(1, 1), conv_shape(5, 3, 8, 8, 3)}) {
    const std::int64_t size = shape.outputs * shape.columns();
    for (const double density : {0.0, 0.02, 0.1, 0.5, 0.997, 1.0}) {
      const std::int64_t wanted = std::llround(density * static_cast<double>(size));
      check(even_layer(shape, density), wanted);
      for (const MaskPattern mask : mask_patterns()) {
        SCOPED_TRACE(mask_name(mask));
        check(random_layer(shape, density, 3, mask), wanted);
      }
    }
  }
}

TEST(RandomLayer, PlacesAreUniformAndValuesNormal) {
  const kernels::Layer layer = random_layer(linear_shape(400, 250), 0.1, 1);
  // 10,000 places: a quarter of the matrix holds 2,500 of them within 5 standard deviations (of 41).
  std::int64_t quarters[2][2] = {};
  double sum = 0, squares = 0;
  for (std::int64_t row = 0; row < 400; ++row) {
    for (std::int64_t i = layer.weights.begin[row]; i < layer.weights.begin[row + 1]; ++i) {
      ++quarters[row / 200][layer.weights.column[i] / 125];
      sum += layer.weights.value[i];
      squares += std::pow(layer.weights.value[i], 2);
    }
  }
  for (const auto& half : quarters) {
    for (const std::int64_t count : half) EXPECT_NEAR(static_cast<double>(count), 2500, 205);
  }
  EXPECT_NEAR(sum / 1e4, 0, 0.0032);              // 5 standard deviations of the mean
  EXPECT_NEAR(squares / 1e4, 1 / 250.0, 2.9e-4);  // and of the mean square
  EXPECT_EQ(layer.weights.column, random_layer(linear_shape(400, 250), 0.1, 1).weights.column);
  EXPECT_NE(layer.weights.column, random_layer(linear_shape(400, 250), 0.1, 2).weights.column);
}

/// 600 x 200 at 5%: 6000 nonzeros.
kernels::Layer skewed(MaskPattern mask) { return random_layer(linear_shape(600, 200), 0.05, 1, mask); }

TEST(RandomLayer, OneRowMayBeFull) {
  std::vector<std::int64_t> counts = of_rows(skewed(MaskPattern::kFullRow));
  std::sort(counts.begin(), counts.end());
  EXPECT_EQ(counts[599], 200);
  EXPECT_LT(counts[598], 30) << "the rest is uniform";
}

TEST(RandomLayer, RowsMayFollowAPowerLaw) {
  const std::vector<std::int64_t> drawn = of_rows(skewed(MaskPattern::kPowerLawRows));
  std::vector<std::int64_t> counts = drawn;
  std::sort(counts.rbegin(), counts.rend());
  EXPECT_NE(drawn, counts) << "wherever they are";
  EXPECT_EQ(counts[0], 200);
  // Behind the full ones the tenth of the rows at twice the rank has half as many.
  EXPECT_NEAR(static_cast<double>(counts[50]) / static_cast<double>(counts[101]), 2, 0.2);
  EXPECT_GT(counts[20], 10 * counts[400]);
}

TEST(RandomLayer, ColumnsMayBeOneBlock) {
  const kernels::Layer layer = skewed(MaskPattern::kOneColumnBlock);
  const auto [least, most] = std::minmax_element(layer.weights.column.begin(), layer.weights.column.end());
  EXPECT_EQ(*least, 90);  // 10 a row, so 20 in the middle of 200
  EXPECT_EQ(*most, 109);
}

TEST(RandomLayer, BandsOfRowsMayBeEmpty) {
  const std::vector<std::int64_t> counts = of_rows(skewed(MaskPattern::kEmptyBlocks));
  int empty = 0;
  for (std::size_t band = 0; band < 5; ++band) {
    const auto begin = counts.begin() + static_cast<std::ptrdiff_t>(128 * band);
    empty += std::all_of(begin, std::min(begin + 128, counts.end()), [](auto count) { return count == 0; });
  }
  EXPECT_EQ(empty, 2) << "of 5, and 3 hold the rest";
}

TEST(RandomLayer, MasksHaveNames) {
  for (const MaskPattern mask : mask_patterns()) EXPECT_EQ(parse_mask(mask_name(mask)), mask);
  EXPECT_THROW(parse_mask("full-rows"), BadInput);
}

TEST(EvenLayer, IsEven) {
  const kernels::Layer layer = even_layer(linear_shape(3, 8), 0.25);
  EXPECT_EQ(layer.weights.begin, (std::vector<std::int64_t>{0, 2, 4, 6}));
  EXPECT_EQ(layer.weights.column, (std::vector<std::int32_t>{0, 4, 2, 6, 0, 4}));
}

}  // namespace
}  // namespace coppice
