#include "cuda_bench/own_limits.h"

#include <cmath>

#include "gtest/gtest.h"
#include "unit/cuda_bench/results.h"

namespace coppice {
namespace {

using kernels::Precision;

TimeLimit limit(const std::string& kernel, const CudaWork& work, const MachineRates& machine) {
  return own_cuda_limit(kernel, work, {}, machine, CacheState::kCold).value();
}

// Of 10 multiprocessors; 1 us of every limit below is the launch.

TEST(OwnLimits, ScatterMmaDoesAllProductsOfTheDenseLayer) {
  // 2 x 2560 x 1000 x 64 operations at 100 TFLOP/s.
  const CudaWork work = cuda_work(linear_shape(2560, 1000), 64, 0.1, Precision::kBf16);
  MachineRates machine = round_rates();
  TimeLimit found = limit("scatter-mma", work, machine);
  EXPECT_EQ(found.resource, "tensor cores");
  EXPECT_NEAR(found.seconds, 1e-6 + 3.2768e-6, 1e-12);
  // 59 columns are as many as 64: products come in eights.
  const CudaWork odd = cuda_work(linear_shape(2560, 1000), 59, 0.1, Precision::kBf16);
  EXPECT_EQ(limit("scatter-mma", odd, machine).seconds, found.seconds);
  // Shared memory zeroes and reads 5.12 MB, takes 128 KB of inputs ten times and reads them eighty times; its
  // 256,000 words of 4 bytes count 10 TB/s / 4 TB/s times: 24.32 MB.
  machine.mma_bf16_gflops *= 10;
  found = limit("scatter-mma", work, machine);
  EXPECT_EQ(found.resource, "shared memory");
  EXPECT_NEAR(found.seconds, 1e-6 + 2.432e-6, 1e-12);
}

TEST(OwnLimits, ScatterMmaSplitsWhereRowsAreFew) {
  // Two blocks of 256 rows, each five times: 2.048 + 128 KB x (2 + 16) + 0.512 MB of shared memory; without
  // splits it would be 2.432 us again, on two multiprocessors of ten.
  const CudaWork work = cuda_work(linear_shape(512, 1000), 64, 0.1, Precision::kBf16);
  MachineRates machine = round_rates();
  machine.mma_bf16_gflops *= 10;
  EXPECT_NEAR(limit("scatter-mma", work, machine).seconds, 1e-6 + 0.4864e-6, 1e-12);
  // Partial sums of four blocks of 128 rows, thrice, go to L2 and back: 2 x 4 bytes x 3 x 512 x 64, beside
  // the inputs of four blocks.
  machine.l2_gb_s = 1200;
  const TimeLimit found = limit("scatter-mma", work, machine);
  EXPECT_NEAR(found.seconds, 1e-6 + 1.298432e-6 / 1.2, 1e-12);
  EXPECT_EQ(found.resource, "L2");
}

TEST(OwnLimits, GatherFmaReadsEveryActivationFromSharedMemory) {
  // 1.28e6 nonzeros, each 1024 bytes of activations and two tiles' broadcasts of 64, and 1 MB of inputs ten
  // times.
  const CudaWork work = cuda_work(linear_shape(2560, 1000), 256, 0.5, Precision::kFp32);
  MachineRates machine = round_rates();
  TimeLimit found = limit("gather-fma", work, machine);
  EXPECT_EQ(found.resource, "shared memory");
  EXPECT_NEAR(found.seconds, 1e-6 + 148.48e-6, 1e-11);
  machine.shared_gb_s *= 1000;
  found = limit("gather-fma", work, machine);
  EXPECT_EQ(found.resource, "fp32 units");
  EXPECT_NEAR(found.seconds, 1e-6 + 65.536e-6, 1e-11);
  // From L2 the inputs of ten blocks and 7.68 MB of entries for each of two tiles.
  machine.fp32_gflops *= 1000;
  machine.l2_gb_s = 1000;
  found = limit("gather-fma", work, machine);
  EXPECT_EQ(found.resource, "L2");
  EXPECT_NEAR(found.seconds, 1e-6 + 25.6e-6, 1e-11);
}

TEST(OwnLimits, GatherFmaTakesSmallBlocksWhereRowsAreFew) {
  // 64 rows are two blocks of 32: a fifth of the multiprocessors. 32,000 nonzeros of 16 x 4 + 64 bytes, and
  // 64,000 bytes of inputs twice.
  const CudaWork work = cuda_work(linear_shape(64, 1000), 16, 0.5, Precision::kFp32);
  EXPECT_NEAR(limit("gather-fma", work, round_rates()).seconds, 1e-6 + 4.224e6 / 2e12, 1e-12);
}

TEST(OwnLimits, PanelMmaPaysForTheUnionOfItsColumns) {
  const double half = 1 - std::pow(0.5, 1.0 / 16);  // 16 rows use half of the columns
  const CudaWork work = cuda_work(linear_shape(2560, 1000), 256, half, Precision::kBf16);
  MachineRates machine = round_rates();
  TimeLimit found = limit("panel-mma", work, machine);
  EXPECT_EQ(found.resource, "tensor cores");
  EXPECT_NEAR(found.seconds, 1e-6 + 6.5536e-6, 1e-12);
  // 40.96 MB in ldmatrix, 5.12 MB of inputs less what 256 rows leave out, a part of 2^-16.
  machine.mma_bf16_gflops *= 10;
  found = limit("panel-mma", work, machine);
  EXPECT_EQ(found.resource, "shared memory");
  EXPECT_NEAR(found.seconds, 1e-6 + 4.608e-6, 1e-10);
  // Blocks of 16 x 16 and a byte a column: 2.64 MB, with 0.512 MB of inputs and 1.31072 MB of outputs.
  machine.shared_gb_s *= 10;
  found = limit("panel-mma", work, machine);
  EXPECT_EQ(found.resource, "HBM");
  EXPECT_NEAR(found.seconds, 1e-6 + 4.46272e-6, 1e-12);
}

TEST(OwnLimits, PackedSpmvHasABlockOnEveryMultiprocessor) {
  const CudaWork work = cuda_work(linear_shape(2560, 1000), 2, 0.1, Precision::kBf16);
  EXPECT_EQ(limit("packed-spmv", work, round_rates()).seconds,
            sparse_cuda_limit(work, 1'024'000, 256, round_rates(), CacheState::kCold).seconds);
}

TEST(OwnLimits, BytesThatWerePackedCountWhereTheyAreKnown) {
  const CudaWork work = cuda_work(linear_shape(2560, 1000), 64, 0.1, Precision::kBf16);
  const TimeLimit found = own_cuda_limit("scatter-mma", work, 1e7, round_rates(), CacheState::kCold).value();
  EXPECT_EQ(found.resource, "HBM");
  EXPECT_NEAR(found.seconds, 1e-6 + 10.45568e-6, 1e-11);
  EXPECT_FALSE(own_cuda_limit("cusparse", work, 1e7, round_rates(), CacheState::kCold));
}

TEST(OwnLimits, NoneIsBelowWhatAnySparseKernelCouldDo) {
  for (const char* suite : {"spmv", "spmm"}) {
    for (const CudaCase& one : cuda_suite_cases(suite, false)) {
      const CudaWork work = cuda_work(one.shape, one.images, one.density, one.precision);
      const double least =
          best_sparse_cuda_limit(work, lean_weight_bytes(work), nominal_h200(), one.caches).seconds;
      const bool half = one.precision == Precision::kBf16;
      for (const char* kernel : {"packed-spmv", "gather-fma", "scatter-mma", "panel-mma"}) {
        const bool serves =
            std::string(kernel) == "packed-spmv" || half == std::string(kernel).ends_with("mma");
        if (!serves) continue;
        EXPECT_GE(own_cuda_limit(kernel, work, {}, nominal_h200(), one.caches)->seconds, 0.999 * least)
            << kernel << ": " << one.text();
      }
    }
  }
}

}  // namespace
}  // namespace coppice
