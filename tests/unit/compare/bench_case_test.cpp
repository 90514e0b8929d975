#include "compare/bench_case.h"

#include <algorithm>
#include <cmath>

#include "compare/bench_shape.h"
#include "compare/bench_suites.h"
#include "gtest/gtest.h"
#include "measure/calibrate.h"

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

Calibration machine() {
  Calibration made;
  made.isa = "v3";
  made.threads = 1;
  made.clock_ghz = 3;
  made.core_gflops = made.peak_gflops = 100;
  made.memory = {{"L1", 32 << 10, 500}, {"L2", 1 << 20, 200}, {"DRAM", 0, 20}};
  return made;
}

BenchSettings hasty() {
  BenchSettings settings;
  settings.seconds_per_way = 0;
  settings.samples = {3, 0, {}};
  return settings;
}

TEST(TimeCase, FindsDenseAndSparseKernels) {
  for (const auto& [shape, images] : {std::pair{linear_shape(32, 48), std::int64_t{16}},
                                      std::pair{conv_shape(8, 4, 6, 6, 3), std::int64_t{2}}}) {
    const LayerTiming timing = time_case(random_case(shape, images, 0.1), machine(), hasty());
    const LayerComparison& layer = timing.comparison;
    EXPECT_EQ(layer.batch, images);
    EXPECT_EQ(layer.name, shape_text(shape));
    EXPECT_NEAR(layer.density, 0.1, 0.01);
    EXPECT_FALSE(layer.best_dense.empty());
    EXPECT_FALSE(layer.best_sparse.empty());
    EXPECT_GT(layer.sparse_speedup.median, 0);
    EXPECT_EQ(
        std::count_if(layer.candidates.begin(), layer.candidates.end(), [](auto& c) { return c.chosen; }), 1);
    EXPECT_EQ(timing.weights_lie, "L1");
    EXPECT_EQ(timing.displaced_bytes, 0);
  }
}

// Far below the break-even density no dense kernel is near the fastest, and one must still stand beside it.
TEST(TimeCase, KeepsADenseKernelHoweverFarBehind) {
  const LayerTiming timing = time_case(random_case(linear_shape(1024, 1024), 1, 0), machine(), hasty());
  EXPECT_FALSE(timing.comparison.best_dense.empty());
  EXPECT_EQ(timing.weights_lie, "DRAM");
}

TEST(LayerSuites, HaveTheShapesOfTheTargets) {
  for (const std::string& suite : layer_suite_names()) {
    EXPECT_LT(suite_cases(suite, {0.1}, true).size(), suite_cases(suite, {0.1}, false).size()) << suite;
    EXPECT_EQ(suite_cases(suite, {0.1, 0.05}, true).size(), 2 * suite_cases(suite, {0.1}, true).size());
  }
  EXPECT_EQ(suite_cases("spmm", {0.1}, false).size(), 8U);
  EXPECT_EQ(suite_cases("conv", {0.1}, false).size(), 10U);
  const auto gemv = suite_cases("gemv", {0.1}, false);
  EXPECT_EQ(std::count_if(gemv.begin(), gemv.end(), [](const BenchCase& one) { return one.cold; }), 3);
  for (const BenchCase& one : gemv) EXPECT_LE(one.images, 3);
}

}  // namespace
}  // namespace coppice
