#include "measure/random_layer.h"

#include <cmath>

#include "gtest/gtest.h"
#include "measure/bench_shape.h"

namespace coppice {
namespace {

TEST(RandomLayer, HasExactlyTheNonzerosAskedFor) {
  for (const auto& shape : {linear_shape(7, 13), linear_shape(1, 1), conv_shape(5, 3, 8, 8, 3)}) {
    const std::int64_t size = shape.outputs * shape.columns();
    for (const double density : {0.0, 0.02, 0.1, 0.5, 0.997, 1.0}) {
      const kernels::Layer layer = random_layer(shape, density, 3);
      EXPECT_EQ(layer.weights.nonzeros(), std::llround(density * static_cast<double>(size))) << density;
      ASSERT_EQ(layer.weights.begin.size(), static_cast<std::size_t>(shape.outputs + 1));
      EXPECT_EQ(layer.weights.begin.back(), layer.weights.nonzeros());
      for (std::int64_t row = 0; row < shape.outputs; ++row) {
        for (std::int64_t i = layer.weights.begin[row]; i < layer.weights.begin[row + 1]; ++i) {
          EXPECT_LT(layer.weights.column[i], shape.columns());
          if (i > layer.weights.begin[row]) {
            EXPECT_LT(layer.weights.column[i - 1], layer.weights.column[i]);
          }
        }
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

}  // namespace
}  // namespace coppice
