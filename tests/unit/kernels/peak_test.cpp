#include "kernels/cpu/peak/peak.h"

#include "gtest/gtest.h"

namespace coppice::kernels {
namespace {

TEST(Peak, CountsTwoOperationsForEveryLaneOfEveryChain) {
  EXPECT_EQ(peak_burst(10, Isa::kV2), 10.0 * 2 * 12 * 4);
  if (isa() >= Isa::kV3) {
    EXPECT_EQ(peak_burst(10, Isa::kV3), 10.0 * 2 * 12 * 8);
  }
  if (isa() >= Isa::kV4) {
    EXPECT_EQ(peak_burst(10, Isa::kV4), 10.0 * 2 * 24 * 16);
  }
  EXPECT_EQ(peak_burst(0), 0.0);
}

}  // namespace
}  // namespace coppice::kernels
