#include "compare/bench_sweep.h"

#include "coppice/error.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

// A sparse kernel whose time is exactly 2.5 x density of the dense one's breaks even at 0.4.
TEST(CrossingDensity, IsExactWhereTheSparseTimeIsAStraightLine) {
  EXPECT_DOUBLE_EQ(crossing_density({{0.1, 4}, {0.3, 1 / 0.75}, {0.5, 0.8}, {1, 0.4}}), 0.4);
  EXPECT_DOUBLE_EQ(crossing_density({{1, 0.4}, {0.1, 4}}), 0.4) << "whatever the order";
  EXPECT_DOUBLE_EQ(crossing_density({{0.1, 2}, {0.4, 1}, {0.5, 0.8}}), 0.4) << "on a point";
}

TEST(CrossingDensity, TakesTheFirstCrossing) {
  EXPECT_DOUBLE_EQ(crossing_density({{0.1, 2}, {0.2, 0.5}, {0.3, 2}, {0.4, 0.5}}), 0.1 + 0.1 / 3);
}

TEST(CrossingDensity, WithoutACrossing) {
  EXPECT_EQ(crossing_density({{0.1, 3}, {1, 1}}), 1);
  EXPECT_EQ(crossing_density({{0.1, 0.9}, {0.5, 0.2}}), 0.1);
  EXPECT_THROW(crossing_density({}), Failure);
}

TEST(SweepCases, GoFromNothingToAll) {
  const auto full = sweep_cases({}, false);
  ASSERT_EQ(full.size(), 5U);
  for (const auto& cases : full) EXPECT_EQ(cases.size(), 21U);
  EXPECT_EQ(full[1].front().layer().weights.nonzeros(), 0);
  EXPECT_EQ(full[1].back().layer().weights.nonzeros(), 1024 * 1024);
  EXPECT_EQ(sweep_cases({0.5, 0.1}, true)[3].size(), 2U);
}

TEST(SweepOf, ReadsBothCurves) {
  std::vector<LayerTiming> points(2);
  points[0].comparison.shape = "8x8";
  points[0].comparison.density = 0.1;
  points[0].comparison.sparse_speedup = {4, 4, 4};
  points[0].comparison.limit_speedup = 5;
  points[1].comparison.density = 1;
  points[1].comparison.sparse_speedup = {0.4, 0.4, 0.4};
  points[1].comparison.limit_speedup = 0.5;
  const Sweep sweep = sweep_of(points);
  EXPECT_EQ(sweep.layer, "8x8");
  EXPECT_DOUBLE_EQ(sweep.break_even, 0.4);
  EXPECT_DOUBLE_EQ(sweep.predicted_break_even, 0.5);
}

}  // namespace
}  // namespace coppice
