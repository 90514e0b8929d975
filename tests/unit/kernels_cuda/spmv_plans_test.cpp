#include <gtest/gtest.h>

#include "kernels/cuda/packed_spmv/plans.h"
#include "unit/kernels_cuda/h200.h"

namespace coppice::kernels {
namespace {

/// Only the number of nonzeros is looked at.
Layer layer_of(std::int64_t rows, std::int64_t columns, double density) {
  Layer layer;
  layer.shape.outputs = rows;
  layer.shape.channels = columns;
  layer.weights.value.resize(static_cast<std::size_t>(static_cast<double>(rows * columns) * density));
  return layer;
}

std::vector<SpmvTiling> tilings(const Layer& layer, std::int64_t images, Precision precision,
                                const CudaDevice& device) {
  return spmv_tilings({layer, images, precision, {}, {}, device});
}

TEST(SpmvPlans, FillTheMultiprocessors) {
  const CudaDevice device = h200();
  for (const SpmvTiling& t : tilings(layer_of(4096, 4096, 0.1), 1, Precision::kBf16, device)) {
    EXPECT_EQ(t.ranges % 132, 0);
    EXPECT_EQ(t.block_columns, 4096);
    EXPECT_TRUE(spmv_kernel_exists(SpmvFormat::kBf16, 1, t.threads, t.loads)) << t.threads;
    EXPECT_LE(t.threads * (t.ranges / 132), 1024);
  }
}

TEST(SpmvPlans, EveryPlanHasItsKernelAndFitsIntoSharedMemory) {
  const CudaDevice device = h200();
  for (const std::int64_t size : {1, 10, 300, 4096, 20000}) {
    const Layer layer = layer_of(size, size, 0.02);
    for (std::int64_t images = 1; images <= 8; ++images) {
      for (const Precision precision : {Precision::kBf16, Precision::kFp32}) {
        const SpmvFormat format = spmv_format(precision);
        const auto all = tilings(layer, images, precision, device);
        ASSERT_GE(all.size(), 1u);
        for (const SpmvTiling& t : all) {
          EXPECT_TRUE(spmv_kernel_exists(format, images, t.threads, t.loads));
          EXPECT_GE(t.lanes, spmv_padded_images(images));
          const std::int64_t shared = spmv_shared_bytes(format, images, t.block_columns, t.most_sums);
          EXPECT_LE(shared, device.shared_bytes_per_block);
          EXPECT_LE((shared + 1024) * std::max<std::int64_t>(1, t.ranges / 132),
                    device.shared_bytes_per_multiprocessor);
          EXPECT_EQ(spmv_size_refusal(size, size, layer.weights.nonzeros(), t), "");
        }
      }
    }
  }
}

TEST(SpmvPlans, BlocksOfColumnsAreFewAndEqual) {
  const CudaDevice device = h200();
  const auto columns = [&](std::int64_t k, std::int64_t images, Precision precision) {
    return tilings(layer_of(100, k, 0.02), images, precision, device).front().block_columns;
  };
  EXPECT_EQ(columns(8192, 8, Precision::kBf16), 8192) << "128 KB";
  EXPECT_EQ(columns(8192, 8, Precision::kFp32), 4096) << "256 KB do not fit, twice 128 do";
  EXPECT_EQ(columns(60000, 1, Precision::kBf16), 30000) << "240 KB";
  EXPECT_EQ(columns(1, 1, Precision::kBf16), 8);
  // Two halves of a multiprocessor would each bring x in two blocks: not offered where one block fits.
  for (const SpmvTiling& t : tilings(layer_of(8192, 8192, 0.1), 8, Precision::kBf16, device)) {
    EXPECT_EQ(t.ranges, 132);
  }
}

TEST(SpmvPlans, LanesByTheLengthOfRows) {
  EXPECT_EQ(spmv_lanes(31, 1000, 1024, 1), 32) << "long rows";
  EXPECT_EQ(spmv_lanes(31, 103, 1024, 1), 32) << "one row a warp";
  EXPECT_EQ(spmv_lanes(62, 41, 1024, 1), 16) << "two rounds of 2 loads, or one of 3";
  EXPECT_EQ(spmv_lanes(1000, 3, 1024, 1), 4) << "short rows";
  EXPECT_EQ(spmv_lanes(1000, 3, 1024, 8), 8) << "8 images need 8 lanes";
}

TEST(SpmvPlans, NoneWhereSharedMemoryIsTooSmall) {
  CudaDevice device = h200();
  device.shared_bytes_per_block = 16 << 10;
  EXPECT_TRUE(tilings(layer_of(10, 10, 0.5), 1, Precision::kBf16, device).empty());
  device.shared_bytes_per_block = 0;
  EXPECT_TRUE(tilings(layer_of(10, 10, 0.5), 1, Precision::kBf16, device).empty());
}

}  // namespace
}  // namespace coppice::kernels
