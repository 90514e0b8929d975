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

/// Memory so fast that it holds nobody up.
MachineRates fast_memory() {
  MachineRates machine = round_rates();
  machine.hbm_gb_s = 1e6;
  return machine;
}

// Of 10 multiprocessors; 1 us of every limit below is the launch. At 50% blocks of rows use all columns.

TEST(OwnLimits, ScatterMmaDoesTheProductsOfTheDenseLayer) {
  // 2 x 2560 x 1000 x 64 operations at 100 TFLOP/s.
  const CudaWork work = cuda_work(linear_shape(2560, 1000), 64, 0.5, Precision::kBf16);
  MachineRates machine = fast_memory();
  TimeLimit found = limit("scatter-mma", work, machine);
  EXPECT_EQ(found.resource, "tensor cores");
  EXPECT_NEAR(found.seconds, 1e-6 + 3.2768e-6, 1e-12);
  // 49 columns are as many as 64: they come in sixteens.
  const CudaWork odd = cuda_work(linear_shape(2560, 1000), 49, 0.5, Precision::kBf16);
  EXPECT_EQ(limit("scatter-mma", odd, machine).seconds, found.seconds);
  // 5.12 MB of words come, are read and scattered; 5.12 MB of tiles are cleared and read; 128 KB of inputs
  // come to five blocks of 512 rows, and are read by each one's eight warps.
  machine.mma_bf16_gflops *= 10;
  found = limit("scatter-mma", work, machine);
  EXPECT_EQ(found.resource, "shared memory");
  EXPECT_NEAR(found.seconds, 1e-6 + 3.136e-6, 1e-12);
  // Of 5% words are erased one by one: (3 + 1) x 0.512 + 5.12 + 5.76 MB.
  const CudaWork sparser = cuda_work(linear_shape(2560, 1000), 64, 0.05, Precision::kBf16);
  EXPECT_NEAR(limit("scatter-mma", sparser, machine).seconds, 1e-6 + 1.2928e-6, 1e-12);
}

TEST(OwnLimits, ScatterMmaSplitsWhereRowsAreFew) {
  // Two blocks of 256 rows, five times: 3 x 1.024 + 1.024 + 1.024 MB, and 128 KB of inputs twice, with four
  // readers each.
  const CudaWork work = cuda_work(linear_shape(512, 1000), 64, 0.5, Precision::kBf16);
  MachineRates machine = fast_memory();
  machine.mma_bf16_gflops *= 10;
  EXPECT_NEAR(limit("scatter-mma", work, machine).seconds, 1e-6 + 0.64e-6, 1e-12);
  // Where L2 is slow, partial sums cost more than inputs for eight blocks of 64 rows.
  machine.l2_gb_s = 1000;
  const TimeLimit found = limit("scatter-mma", work, machine);
  EXPECT_NEAR(found.seconds, 1e-6 + 1.024e-6, 1e-12);
  EXPECT_EQ(found.resource, "L2");
}

TEST(OwnLimits, GatherFmaReadsEveryActivationFromSharedMemory) {
  // 1.28e6 nonzeros, each 1024 bytes of activations and two tiles' broadcasts of 64; 1 MB of inputs ten times
  // and 10.24 MB of entries twice.
  const CudaWork work = cuda_work(linear_shape(2560, 1000), 256, 0.5, Precision::kFp32);
  MachineRates machine = round_rates();
  TimeLimit found = limit("gather-fma", work, machine);
  EXPECT_EQ(found.resource, "shared memory");
  EXPECT_NEAR(found.seconds, 1e-6 + 150.528e-6, 1e-11);
  machine.shared_gb_s *= 1000;
  found = limit("gather-fma", work, machine);
  EXPECT_EQ(found.resource, "fp32 units");
  EXPECT_NEAR(found.seconds, 1e-6 + 65.536e-6, 1e-11);
  machine.fp32_gflops *= 1000;
  machine.l2_gb_s = 1000;
  found = limit("gather-fma", work, machine);
  EXPECT_EQ(found.resource, "L2");
  EXPECT_NEAR(found.seconds, 1e-6 + 30.72e-6, 1e-11);
}

TEST(OwnLimits, GatherFmaSharesTheColumnsOfABlockWhereRowsAreFew) {
  // 64 rows are one block for ten multiprocessors, each with a tenth of the columns. 16 images take a tile of
  // 32: 32,000 nonzeros of 32 x 4 + 64 bytes, 128,000 bytes of inputs, 256,000 of entries.
  const CudaWork work = cuda_work(linear_shape(64, 1000), 16, 0.5, Precision::kFp32);
  EXPECT_NEAR(limit("gather-fma", work, round_rates()).seconds, 1e-6 + 6.528e6 / 10e12, 1e-11);
}

TEST(OwnLimits, PanelMmaPaysForTheUnionOfItsColumns) {
  const double half = 1 - std::pow(0.5, 1.0 / 16);  // 16 rows use half of the columns
  const CudaWork work = cuda_work(linear_shape(2560, 1000), 256, half, Precision::kBf16);
  MachineRates machine = round_rates();
  TimeLimit found = limit("panel-mma", work, machine);
  EXPECT_EQ(found.resource, "tensor cores");
  EXPECT_NEAR(found.seconds, 1e-6 + 6.5536e-6, 1e-12);
  // 40.96 MB of inputs read; 5.12 MB come, less what 256 rows leave out, a part of 2^-16; 5000 blocks'
  // records hand out 256 bytes for each of two tiles.
  machine.mma_bf16_gflops *= 10;
  found = limit("panel-mma", work, machine);
  EXPECT_EQ(found.resource, "shared memory");
  EXPECT_NEAR(found.seconds, 1e-6 + 4.864e-6, 1e-10);
  // 5000 records of 144 bytes, with 0.512 MB of inputs and 1.31072 MB of outputs.
  machine.shared_gb_s *= 10;
  found = limit("panel-mma", work, machine);
  EXPECT_EQ(found.resource, "HBM");
  EXPECT_NEAR(found.seconds, 1e-6 + 2.54272e-6, 1e-12);
}

TEST(OwnLimits, PanelMmaSplitsAndItsRecordsHold32) {
  // One block of 64 rows and a tile of 16 columns, ten times. All 16,000 nonzeros of 1000 columns are in 500
  // records, so 72,000 bytes; 32,000 bytes of inputs come once, and are read for each of four panels;
  // partial sums are 2 x 4 x 10 x 64 x 16 bytes.
  const CudaWork work = cuda_work(linear_shape(64, 1000), 16, 0.25, Precision::kBf16);
  MachineRates machine = fast_memory();
  machine.shared_gb_s = 100;
  machine.l2_gb_s = 1e6;
  const double used = 1 - std::pow(0.75, 16);
  const double read = 4 * 32'000 * used, records = 64 * 1000 * 0.25 / 32;
  EXPECT_NEAR(limit("panel-mma", work, machine).seconds, 1e-6 + (32'000 + read + 256 * records) / 1e11,
              1e-11);
  machine = round_rates();
  machine.hbm_gb_s = 1;
  EXPECT_NEAR(limit("panel-mma", work, machine).seconds, 1e-6 + (144 * records + 32'000 + 2048) / 1e9, 1e-9);
}

/// Memory so fast that it holds nobody up, and launches that take no time.
MachineRates free_launches() {
  MachineRates machine = fast_memory();
  machine.launch_s = 0;
  return machine;
}

// 64 channels of 8 x 8, 4 images side by side: 256 outputs of each of 2560 channels, in fp32 two tiles of
// 128.

TEST(OwnLimits, ConvFmaReadsPatchesAndWhatNonzerosMeet) {
  // 1x1: 81,920 nonzeros, each 1024 bytes of activations and two tiles' broadcasts of 64; patches are the
  // input, 65,536 bytes for ten blocks of 256 rows; 655,360 bytes of entries come for each tile.
  const CudaWork work = cuda_work(conv_shape(2560, 64, 8, 8, 1), 4, 0.5, Precision::kFp32);
  MachineRates machine = free_launches();
  TimeLimit found = limit("conv-fma", work, machine);
  EXPECT_EQ(found.resource, "shared memory");
  EXPECT_NEAR(found.seconds, (81'920 * 1152.0 + 655'360 + 1'310'720) / 10e12, 1e-12);
  machine.shared_gb_s *= 1000;
  found = limit("conv-fma", work, machine);
  EXPECT_EQ(found.resource, "fp32 units");
  EXPECT_NEAR(found.seconds, 2 * 81'920 * 256 / 10e12, 1e-12);
  machine.fp32_gflops *= 1000;
  found = limit("conv-fma", work, machine);
  EXPECT_EQ(found.resource, "L2");
  EXPECT_NEAR(found.seconds, (655'360 + 1'310'720) / 4e12, 1e-12);
  // Three images take the room of four, five that of eight.
  machine = free_launches();
  const auto seconds = [&](std::int64_t images) {
    return limit("conv-fma", cuda_work(work.shape, images, 0.5, Precision::kFp32), machine).seconds;
  };
  EXPECT_NEAR(seconds(3), seconds(4), 2e-8);
  EXPECT_NEAR(seconds(5), 2 * seconds(4), 2e-7);
}

TEST(OwnLimits, ConvolutionsReadCellsOnceForEveryTileThatHasThem) {
  // 3x3 on 8 x 8 with a border of padding: tiles of four rows have five rows each of the input that are
  // there, 2 x 5 x 8 cells of 64 channels, 4 images and 4 bytes; no block leaves out a channel.
  const CudaWork work = cuda_work(conv_shape(2560, 64, 8, 8, 3), 4, 0.5, Precision::kFp32);
  MachineRates machine = free_launches();
  machine.shared_gb_s *= 1000;
  machine.fp32_gflops *= 1000;
  const TimeLimit found = limit("conv-fma", work, machine);
  EXPECT_EQ(found.resource, "L2");
  EXPECT_NEAR(found.seconds, (10 * 80 * 64 * 16.0 + 2 * 9 * 655'360) / 4e12, 1e-12);
}

TEST(OwnLimits, ConvMmaPaysForTheUnionOfItsColumns) {
  const double half = 1 - std::pow(0.5, 1.0 / 16);  // 16 rows use half of the columns
  const CudaWork work = cuda_work(conv_shape(2560, 64, 4, 8, 1), 8, half, Precision::kBf16);
  MachineRates machine = free_launches();
  TimeLimit found = limit("conv-mma", work, machine);
  EXPECT_EQ(found.resource, "tensor cores");
  EXPECT_NEAR(found.seconds, 2 * 2560 * 32 * 256 / 100e12, 1e-13);
  // 2.62 MB of inputs; 320 blocks' records hand out 256 bytes for the one tile; 32,768 bytes come to ten
  // blocks of rows, less what 256 rows leave out.
  machine.mma_bf16_gflops *= 10;
  found = limit("conv-mma", work, machine);
  EXPECT_EQ(found.resource, "shared memory");
  EXPECT_NEAR(found.seconds, (2 * 2560 * 32 * 256 / 16.0 + 320 * 256 + 327'680) / 10e12, 1e-11);
}

TEST(OwnLimits, ConvPixelsReadsAFloatForEveryNonzeroAndPixel) {
  // One image, 64 pixels: 81,920 nonzeros, 640 KB of entries, and 16 KB of inputs for ten blocks of rows.
  const CudaWork work = cuda_work(conv_shape(2560, 64, 8, 8, 1), 1, 0.5, Precision::kFp32);
  const TimeLimit found = limit("conv-pixels", work, free_launches());
  EXPECT_EQ(found.resource, "shared memory");
  EXPECT_NEAR(found.seconds, (81'920 * 256.0 + 655'360 + 163'840) / 10e12, 1e-12);
  // In bf16 memory and L2 give half as much, shared memory as much.
  const CudaWork half = cuda_work(work.shape, 1, 0.5, Precision::kBf16);
  EXPECT_EQ(limit("conv-pixels", half, free_launches()).seconds, found.seconds);
}

TEST(OwnLimits, ConvolutionsShareChannelsWhereBlocksAreFew) {
  // 16 rows and one tile: ten blocks that share 64 channels.
  const CudaWork work = cuda_work(conv_shape(16, 64, 8, 8, 1), 1, 0.5, Precision::kFp32);
  MachineRates machine = free_launches();
  machine.l2_gb_s = 1e6;
  EXPECT_NEAR(limit("conv-pixels", work, machine).seconds, (512 * 256.0 + 4096 + 16'384) / 10e12, 1e-12);
}

TEST(OwnLimits, ConvolutionsTooLargeForOurKernelsHaveNone) {
  const CudaWork work = cuda_work(conv_shape(1, 1, 1 << 16, 1 << 16, 3), 1, 0.5, Precision::kFp32);
  for (const char* kernel : {"conv-fma", "conv-mma", "conv-pixels"})
    EXPECT_FALSE(own_cuda_limit(kernel, work, {}, round_rates(), CacheState::kCold)) << kernel;
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

TEST(OwnLimits, EveryKernelOfOursHasOne) {
  const CudaWork work = cuda_work(linear_shape(64, 64), 16, 0.1, Precision::kBf16);
  for (const auto& candidate : kernels::own_cuda_candidates())
    EXPECT_TRUE(own_cuda_limit(candidate->name(), work, {}, round_rates(), CacheState::kCold))
        << candidate->name();
}

TEST(OwnLimits, NoneIsBelowWhatAnySparseKernelCouldDo) {
  for (const char* suite : {"spmv", "spmm", "conv"}) {
    for (const CudaCase& one : cuda_suite_cases(suite, false)) {
      const CudaWork work = cuda_work(one.shape, one.images, one.density, one.precision);
      const double least =
          best_sparse_cuda_limit(work, lean_weight_bytes(work), nominal_h200(), one.caches).seconds;
      const bool half = one.precision == Precision::kBf16;
      std::vector<std::string> kernels;
      if (!one.shape.linear()) {
        kernels = {"conv-pixels", "conv-fma"};
        if (half) kernels.push_back("conv-mma");
      } else {
        kernels = {one.images <= 8 ? "packed-spmv" : half ? "panel-mma" : "gather-fma"};
        if (half && one.images > 8 && one.images <= 64) kernels.push_back("scatter-mma");
      }
      for (const std::string& kernel : kernels) {
        EXPECT_GE(own_cuda_limit(kernel, work, {}, nominal_h200(), one.caches)->seconds, 0.999 * least)
            << kernel << ": " << one.text();
      }
    }
  }
}

}  // namespace
}  // namespace coppice
