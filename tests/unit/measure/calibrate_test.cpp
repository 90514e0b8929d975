#include "measure/calibrate.h"

#include <chrono>

#include "gtest/gtest.h"
#include "kernels/cpu/isa.h"

namespace coppice {
namespace {

TEST(Calibrate, FindsAPlausiblePeakInUnderASecond) {
  const auto start = std::chrono::steady_clock::now();
  const Calibration one = calibrate(1), two = calibrate(2);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_LT(took.count(), 2.0);
  EXPECT_EQ(one.isa, kernels::isa_name(kernels::isa()));
  EXPECT_EQ(one.peak_gflops, one.core_gflops);
  EXPECT_GT(one.core_gflops, 1);     // a slow core under a sanitizer
  EXPECT_LT(one.core_gflops, 1000);  // two 512-bit units at 15 GHz
  EXPECT_GT(two.peak_gflops, 0);
  EXPECT_LT(two.peak_gflops, 2000);
}

}  // namespace
}  // namespace coppice
