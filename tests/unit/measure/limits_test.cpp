// All expectations worked out by hand from the formulas in limits.h.
#include "measure/limits.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

/// Two threads at 2 GHz with two 512-bit units each: 2 x 2 GHz x 64 operations = 256 GFLOP/s.
Calibration machine() {
  Calibration machine;
  machine.isa = "v4";
  machine.threads = 2;
  machine.clock_ghz = 2;
  machine.core_gflops = 128;
  machine.peak_gflops = 256;
  machine.memory = {
      {"L1", 100e3, 500, true}, {"L2", 1e6, 200, true}, {"L3", 16e6, 100, true}, {"DRAM", 0, 25, true}};
  return machine;
}

constexpr double kMicro = 1e-6;

void expect_limit(const TimeLimit& limit, double seconds, const char* resource) {
  EXPECT_NEAR(limit.seconds, seconds, 1e-9 * seconds);
  EXPECT_EQ(limit.resource, resource);
}

TEST(Limits, WorkOfAProduct) {
  const Work work = product_work(2, 3, 5, 4, 6);
  EXPECT_EQ(work.dense_flops, 60);
  EXPECT_EQ(work.sparse_flops, 40);
  EXPECT_EQ(work.dense_bytes, 24);
  EXPECT_EQ(work.packed_bytes, 24);
  EXPECT_EQ(work.activation_bytes, 100);
  EXPECT_EQ(product_work(2, 3, 5, 4).packed_bytes, 32);
}

TEST(Limits, WorkOfALayer) {
  kernels::Layer layer;  // 3x3, stride 2, padding 1: 2 channels of 4x4 to 5 of 2x2
  layer.shape = {5, 2, 4, 4, 3, 3, 2, 1, 1};
  layer.weights = kernels::csr_from_dense(std::vector<float>(5 * 18, 1.0f).data(), 5, 18);
  layer.weights.value.resize(7);
  layer.bias.resize(5);
  const Work work = layer_work(layer, 3, 99);
  EXPECT_EQ(work.dense_flops, 2.0 * 5 * 18 * 4 * 3);
  EXPECT_EQ(work.sparse_flops, 2.0 * 7 * 4 * 3);
  EXPECT_EQ(work.dense_bytes, 4 * 5 * 18);
  EXPECT_EQ(work.packed_bytes, 99);
  EXPECT_EQ(work.activation_bytes, 4 * 3 * (2 * 16 + 5 * 4));
  layer.residual = true;
  EXPECT_EQ(layer_work(layer, 3, 99).activation_bytes, 4 * 3 * (2 * 16 + 2 * 5 * 4));
}

TEST(Limits, AHundredCubedIsBoundByItsArithmetic) {
  Work work = product_work(100, 100, 100, 1000);  // density 0.1
  // 2e6 operations at 256e9; 40,000 + 80,000 bytes lie in L2 and would take 0.6 us.
  expect_limit(dense_limit(work, machine()), 7.8125 * kMicro, "compute");
  // T = 1: 1e5 multiply-adds / (16 lanes x 1 x 2 GHz x 2 threads).
  expect_limit(sparse_limit(work, machine()), 1.5625 * kMicro, "L1");
  EXPECT_NEAR(limit_speedup(work, machine()), 5, 1e-9);
  EXPECT_NEAR(break_even_density(work, machine()), 0.5, 1e-9);
  // T = 8: 16/9 multiply-adds a cycle.
  work.vectors = 8;
  expect_limit(sparse_limit(work, machine()), 1.5625 * 9 / 16 * kMicro, "L1");
  // T = 4, crossing: 8/9.
  work.vectors = 4;
  work.aligned = false;
  expect_limit(sparse_limit(work, machine()), 1.5625 * 9 / 8 * kMicro, "L1");
  // A tile beyond L1: 64 bytes for each 16 multiply-adds, 4e5 in all, at 200 GB/s.
  work.tile_fits_l1 = false;
  expect_limit(sparse_limit(work, machine()), 2 * kMicro, "L2");
}

TEST(Limits, MoreFedThanTheUnitsTakeIsBoundByTheUnits) {
  Calibration one_unit = machine();
  one_unit.peak_gflops = 128;
  Work work = product_work(100, 100, 100, 1000);
  work.vectors = 8;
  expect_limit(sparse_limit(work, one_unit), 1.5625 * kMicro, "compute");
}

TEST(Limits, NarrowVectorsCrossLinesLessOften) {
  Calibration narrow = machine();
  narrow.isa = "v3";
  Work work = product_work(100, 100, 100, 1000);
  // 8 lanes, T = 1: 2 / (1 + 1); unaligned 2 / (1.5 + 1).
  expect_limit(sparse_limit(work, narrow), 3.125 * kMicro, "L1");
  work.aligned = false;
  expect_limit(sparse_limit(work, narrow), 3.125 * 1.25 * kMicro, "L1");
  narrow.isa = "v2";
  expect_limit(sparse_limit(work, narrow), 6.25 * 2.25 / 2 * kMicro, "L1");
}

TEST(Limits, AVectorIsBoundByTheLevelThatHoldsTheWeights) {
  const Work work = product_work(1000, 1000, 1, 10000);
  // 4,000,000 + 8,000 bytes fit L3 alone; packed they are 80,000 + 8,000 and fit L1.
  expect_limit(dense_limit(work, machine()), 40.08 * kMicro, "L3");
  expect_limit(sparse_limit(work, machine()), 0.176 * kMicro, "L1");
  EXPECT_NEAR(limit_speedup(work, machine()), 40.08 / 0.176, 1e-9);
  EXPECT_EQ(break_even_density(work, machine()), 1);  // worth it at any density
  // 160 x 160: 102,400 + 1,280 bytes are just too many for L1.
  expect_limit(dense_limit(product_work(160, 160, 1, 1), machine()), 103680 / 200e9, "L2");
  const Work large = product_work(4000, 4000, 1, 1600000);
  expect_limit(dense_limit(large, machine()), 64.032e6 / 25e9, "DRAM");
  expect_limit(sparse_limit(large, machine()), 12.832e6 / 100e9, "L3");
}

TEST(Limits, MeasuredTimesGiveWhatWasAttainedAndWhereItPays) {
  const Work work = product_work(100, 100, 100, 1000);
  EXPECT_NEAR(attained(dense_limit(work, machine()), 15.625 * kMicro), 0.5, 1e-12);
  // Three times as fast at density 0.1: pays up to 0.3.
  EXPECT_NEAR(break_even_density(work, 9e-6, 3e-6), 0.3, 1e-12);
}

TEST(Limits, WhatMultiplyAddsFedFromL1ReachIsALimitToo) {
  const Work work = [] {
    Work made = product_work(100, 100, 100, 1000);
    made.vectors = 8;
    return made;
  }();
  // Two loads a cycle would feed 2 x 8 / 9 multiply-adds of 16 lanes: 1e5 / (16 x 16/9 x 4e9) s.
  expect_limit(sparse_limit(work, machine()), 1e5 / (16 * 16 / 9.0 * 4e9), "L1");
  Calibration slower = machine();
  slower.fed_gflops = 160;  // with 8 vectors, as in this work: 2e5 operations
  expect_limit(sparse_limit(work, slower), 1.25 * kMicro, "L1");
  Work thin = work;
  thin.vectors = 1;  // feeds (2 x 1 / 2) / (16 / 9) = 9/16 of that
  expect_limit(sparse_limit(thin, slower), 1.25 * kMicro * 16 / 9, "L1");
}

}  // namespace
}  // namespace coppice
