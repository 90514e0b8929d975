// Arithmetic for matrices that no test allocates.
#include <gtest/gtest.h>

#include "kernels/cuda/packed_spmv/pack.h"

namespace coppice::kernels {
namespace {

TEST(SpmvPack, SizesBeyondWhatIndicesHold) {
  SpmvTiling t;
  t.block_columns = 65534;
  t.most_sums = 4096;
  const std::int64_t giga = std::int64_t{1} << 30;
  EXPECT_EQ(spmv_size_refusal(1000000, 65000, 15 * giga, t), "") << "2^31 elements are no limit";
  EXPECT_EQ(spmv_size_refusal(100000, 100000, 10'000'000'000, t), "");
  EXPECT_NE(spmv_size_refusal(2 * giga, 10, 10, t), "");
  EXPECT_NE(spmv_size_refusal(10, 2 * giga, 10, t), "");
  EXPECT_NE(spmv_size_refusal(giga, 65000, 16 * giga, t), "") << "2^34 nonzeros are 2^32 groups";
  EXPECT_NE(spmv_size_refusal(2 * giga - 1, 130000, 4 * giga, t), "")
      << "fewer nonzeros, but a group for each";
  EXPECT_NE(spmv_size_refusal(10, 65534 * 4096, 10, t), "");
  EXPECT_EQ(spmv_shared_bytes(SpmvFormat::kBf16, 1, 4096, 0), 4097 * 4 + 12) << "one image is a float";
  EXPECT_EQ(spmv_shared_bytes(SpmvFormat::kBf16, 5, 4096, 3), 4097 * 16 + 3 * 8 * 4);
  EXPECT_EQ(spmv_shared_bytes(SpmvFormat::kFp32, 8, 65534, 0), 65535 * 32);
}

}  // namespace
}  // namespace coppice::kernels
