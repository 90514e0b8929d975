#include "compare/bench_case.h"

#include <algorithm>

#include "compare/bench_suites.h"
#include "gtest/gtest.h"
#include "measure/bench_shape.h"
#include "measure/calibrate.h"

namespace coppice {
namespace {

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
