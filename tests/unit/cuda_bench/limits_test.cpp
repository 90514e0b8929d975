#include "cuda_bench/limits.h"

#include "gtest/gtest.h"
#include "measure/bench_shape.h"

namespace coppice {
namespace {

using kernels::Precision;

/// The figures that the expectations below were worked out with, by hand.
MachineRates h200() {
  MachineRates machine;
  machine.hbm_gb_s = 4300;
  machine.l2_gb_s = 5500;
  machine.shared_gb_s = 33400;
  machine.shared_gather_gb_s = 10000;
  machine.fp32_gflops = 67e3;
  machine.mma_bf16_gflops = 0.62 * 989e3;
  machine.dense_tf32_gflops = 400e3;
  machine.dense_bf16_gflops = 800e3;
  machine.launch_s = 2.5e-6;
  machine.l2_bytes = 60e6;
  machine.multiprocessors = 132;
  return machine;
}

double speedup(std::int64_t side, std::int64_t images, double density) {
  const CudaWork work = cuda_work(linear_shape(side, side), images, density, Precision::kBf16);
  return dense_cuda_limit(work, h200(), CacheState::kCold).seconds /
         best_sparse_cuda_limit(work, lean_weight_bytes(work), h200(), CacheState::kCold).seconds;
}

TEST(CudaLimits, OneColumnAtTheDensitiesOfTheTargets) {
  EXPECT_NEAR(speedup(4096, 1, 0.20), 1.8, 0.05);
  EXPECT_NEAR(speedup(4096, 1, 0.10), 2.5, 0.05);
  EXPECT_NEAR(speedup(4096, 1, 0.05), 3.1, 0.05);
  EXPECT_NEAR(speedup(4096, 1, 0.02), 3.7, 0.05);
  EXPECT_NEAR(speedup(8192, 1, 0.20), 2.2, 0.06);
  EXPECT_NEAR(speedup(8192, 1, 0.10), 3.9, 0.05);
  EXPECT_NEAR(speedup(8192, 1, 0.05), 6.0, 0.05);
  EXPECT_NEAR(speedup(8192, 1, 0.02), 9.0, 0.05);
}

TEST(CudaLimits, RowsOfABlockDecideHowOftenInputsAreReadAgain) {
  // 64 columns: dense reads 33.55 + 1.05 MB in 8.05 us. Blocks of 64 rows read 4096 x 64 x 2 bytes 64 times:
  // 6.10 us.
  for (const double density : {0.1, 0.02}) {
    const CudaWork work = cuda_work(linear_shape(4096, 4096), 64, density, Precision::kBf16);
    const double dense = dense_cuda_limit(work, h200(), CacheState::kCold).seconds;
    EXPECT_NEAR(dense, 10.55e-6, 0.01e-6);
    const TimeLimit narrow =
        panel_cuda_limit(work, lean_weight_bytes(work), 64, 16, h200(), CacheState::kCold);
    EXPECT_NEAR(narrow.seconds, 8.60e-6, 0.01e-6);
    EXPECT_EQ(narrow.resource, "L2");
    EXPECT_NEAR(dense / narrow.seconds, 1.2, 0.05);
  }
  const CudaWork sparser = cuda_work(linear_shape(4096, 4096), 64, 0.02, Precision::kBf16);
  const double dense = dense_cuda_limit(sparser, h200(), CacheState::kCold).seconds;
  EXPECT_NEAR(
      dense /
          panel_cuda_limit(sparser, lean_weight_bytes(sparser), 128, 16, h200(), CacheState::kCold).seconds,
      1.9, 0.05);
}

TEST(CudaLimits, PanelsPayForTheUnionOfTheirColumns) {
  // 16 rows at 20% have 1 - 0.8^16 = 0.97185 of all columns, and read 2 x 0.97185 x 2^30 / 16 bytes at 33.4
  // TB/s: 3.905 us, more than 14.47 MB from memory (3.366) and 128-row blocks' inputs (3.05).
  const CudaWork work = cuda_work(linear_shape(4096, 4096), 64, 0.2, Precision::kBf16);
  const TimeLimit limit = panel_cuda_limit(work, lean_weight_bytes(work), 128, 16, h200(), CacheState::kCold);
  EXPECT_EQ(limit.resource, "shared memory");
  EXPECT_NEAR(limit.seconds, 2.5e-6 + 3.9054e-6, 1e-9);
  // 32 rows have 0.99921 of them: 2 x 0.99921 x 2^30 operations at 613.18 TFLOP/s are 3.4994 us.
  const TimeLimit wide = panel_cuda_limit(work, lean_weight_bytes(work), 128, 32, h200(), CacheState::kCold);
  EXPECT_EQ(wide.resource, "tensor cores");
  EXPECT_NEAR(wide.seconds, 2.5e-6 + 3.4994e-6, 1e-9);
  // Panels of one row use each activation that they read once: 2 x 0.2 x 1.0737e9 bytes at 33.4 TB/s, 12.86
  // us.
  const TimeLimit single = panel_cuda_limit(work, lean_weight_bytes(work), 128, 1, h200(), CacheState::kCold);
  EXPECT_EQ(single.resource, "shared memory");
  EXPECT_NEAR(single.seconds, 2.5e-6 + 12.859e-6, 2e-9);
}

TEST(CudaLimits, ScalarKernelsAreHeldByGathersOrMultiplyAdds) {
  // 1024 columns of fp32 at 10%: 4 x 0.1 x 2^34 bytes of shared memory at 33.4 TB/s: 205.7 us; at 30 times
  // the rate 2 x 0.1 x 2^34 operations at 67 TFLOP/s: 51.28 us.
  const CudaWork work = cuda_work(linear_shape(4096, 4096), 1024, 0.1, Precision::kFp32);
  MachineRates machine = h200();
  TimeLimit limit = sparse_cuda_limit(work, lean_weight_bytes(work), 4096, machine, CacheState::kCold);
  EXPECT_EQ(limit.resource, "shared memory");
  EXPECT_NEAR(limit.seconds, 2.5e-6 + 205.75e-6, 1e-8);
  machine.shared_gb_s *= 30;
  limit = sparse_cuda_limit(work, lean_weight_bytes(work), 4096, machine, CacheState::kCold);
  EXPECT_EQ(limit.resource, "fp32 units");
  EXPECT_NEAR(limit.seconds, 2.5e-6 + 51.28e-6, 1e-8);
  // One column: words of 4 bytes at the gathers' rate, 0.5 x 2^24 x 4 / 1 TB/s = 33.55 us, though bf16 has 2.
  machine.shared_gather_gb_s = 1000;
  const CudaWork column = cuda_work(linear_shape(4096, 4096), 1, 0.5, Precision::kBf16);
  limit = sparse_cuda_limit(column, lean_weight_bytes(column), 4096, machine, CacheState::kCold);
  EXPECT_EQ(limit.resource, "shared memory");
  EXPECT_NEAR(limit.seconds, 2.5e-6 + 33.554e-6, 1e-9);
}

TEST(CudaLimits, WarmDataComeFromL2WhereTheyFit) {
  const CudaWork fits = cuda_work(linear_shape(4096, 4096), 1, 1, Precision::kBf16);  // 33.57 MB
  TimeLimit limit = dense_cuda_limit(fits, h200(), CacheState::kWarm);
  EXPECT_EQ(limit.resource, "L2");
  EXPECT_NEAR(limit.seconds, 2.5e-6 + 33.5708e6 / 5.5e12, 1e-10);
  const CudaWork larger = cuda_work(linear_shape(8192, 8192), 1, 1, Precision::kBf16);  // 134 MB
  EXPECT_EQ(dense_cuda_limit(larger, h200(), CacheState::kWarm).resource, "HBM");
  EXPECT_EQ(dense_cuda_limit(larger, h200(), CacheState::kWarm).seconds,
            dense_cuda_limit(larger, h200(), CacheState::kCold).seconds);
}

TEST(CudaLimits, SmallLayersAreHeldByTheLaunch) {
  const CudaWork work = cuda_work(linear_shape(300, 784), 1, 0.1, Precision::kBf16);
  const TimeLimit limit = best_sparse_cuda_limit(work, lean_weight_bytes(work), h200(), CacheState::kCold);
  EXPECT_EQ(limit.resource, "launch");
  EXPECT_GT(limit.seconds, 2.5e-6);
  EXPECT_LT(limit.seconds, 2.6e-6);
}

TEST(CudaLimits, SparseKernelsMayOverlapLaunches) {
  MachineRates machine = h200();
  const CudaWork work = cuda_work(linear_shape(4096, 4096), 1, 0.1, Precision::kBf16);
  const auto sparse = [&] {
    return best_sparse_cuda_limit(work, lean_weight_bytes(work), machine, CacheState::kCold).seconds;
  };
  const double dense = dense_cuda_limit(work, machine, CacheState::kCold).seconds, before = sparse();
  machine.overlapped_launch_s = 1e-6;
  EXPECT_NEAR(sparse(), before - 1.5e-6, 1e-12);
  EXPECT_EQ(dense_cuda_limit(work, machine, CacheState::kCold).seconds, dense);
  machine.overlapped_launch_s = 3e-6;
  EXPECT_EQ(sparse(), before) << "nobody has to";
}

TEST(CudaLimits, ConvolutionsReadEachInputOnceAndDenseFp32OnesMayUseWinograd) {
  // 256 -> 256 channels of 14x14, batch 64: 2 x 256 x 2304 x 12544 = 14.8 GFLOP; 2.25 times fewer by
  // Winograd.
  const auto shape = conv_shape(256, 256, 14, 14, 3);
  const CudaWork work = cuda_work(shape, 64, 0.1, Precision::kFp32);
  EXPECT_EQ(work.flops, 14797504512.0);
  EXPECT_EQ(work.input_bytes, 4.0 * 64 * 256 * 14 * 14);
  EXPECT_EQ(work.output_bytes, 4.0 * 64 * 256 * 14 * 14);
  const TimeLimit limit = dense_cuda_limit(work, h200(), CacheState::kCold);
  EXPECT_EQ(limit.resource, "fp32 units");
  EXPECT_NEAR(limit.seconds, 2.5e-6 + 14797504512.0 / 2.25 / 67e12, 1e-10);
  EXPECT_NEAR(
      dense_cuda_limit(cuda_work(shape, 64, 0.1, Precision::kBf16), h200(), CacheState::kCold).seconds,
      2.5e-6 + 18.497e-6, 1e-9);
  EXPECT_EQ(cuda_work(conv_shape(256, 256, 14, 14, 3, 2), 1, 1, Precision::kFp32).dense_flops,
            cuda_work(conv_shape(256, 256, 14, 14, 3, 2), 1, 1, Precision::kFp32).flops);
}

}  // namespace
}  // namespace coppice
