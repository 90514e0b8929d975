#include "cuda_bench/skew.h"

#include "gtest/gtest.h"
#include "unit/cuda_bench/results.h"

namespace coppice {
namespace {

using kernels::Precision;

KernelTime time_of(const std::string& kernel, bool own, Interval seconds,
                   Precision precision = Precision::kBf16) {
  KernelTime time;
  time.kernel = kernel;
  time.own = own;
  time.precision = precision;
  time.seconds = seconds;
  return time;
}

CudaCaseResult result(MaskPattern mask, double density, std::vector<KernelTime> kernels) {
  CudaCaseResult made;
  made.what = {"spmm", linear_shape(8, 4), 16, density, Precision::kBf16, CacheState::kCold, mask};
  made.kernels = std::move(kernels);
  return made;
}

TEST(Skew, SetsOurKernelsBesideThemselvesOnAUniformMask) {
  const std::vector<CudaCaseResult> results = {
      result(MaskPattern::kFullRow, 0.05,
             {time_of("fast", true, {3e-6, 2e-6, 4e-6}), time_of("library", false, {1e-6, 1e-6, 1e-6}),
              time_of("new", true, {5e-6, 5e-6, 5e-6}), time_of("fast", true, {9e-6, 9e-6, 9e-6})}),
      result(MaskPattern::kUniform, 0.1, {time_of("fast", true, {7e-6, 7e-6, 7e-6})}),
      result(MaskPattern::kUniform, 0.05,
             {time_of("library", false, {1e-6, 1e-6, 1e-6}),
              time_of("fast", true, {1e-6, 1e-6, 1e-6}, Precision::kFp32),
              time_of("fast", true, {2e-6, 1e-6, 2.5e-6})}),
      result(MaskPattern::kEmptyBlocks, 0.02, {time_of("fast", true, {3e-6, 3e-6, 3e-6})})};
  const std::vector<SkewRatio> ratios = skew_ratios(results);
  ASSERT_EQ(ratios.size(), 1u) << "others have nothing to stand beside";
  EXPECT_EQ(ratios[0].kernel, "fast");
  EXPECT_EQ(ratios[0].what.mask, MaskPattern::kFullRow);
  EXPECT_DOUBLE_EQ(ratios[0].ratio.median, 1.5);
  EXPECT_DOUBLE_EQ(ratios[0].ratio.low, 0.8);
  EXPECT_DOUBLE_EQ(ratios[0].ratio.high, 4);

  const std::string text = skew_table(ratios);
  EXPECT_NE(text.find("full-row  fast         3           2         1.50x  0.80-4.00"), std::string::npos)
      << text;
  EXPECT_EQ(skew_table({}), "");
  const auto json = to_json(ratios[0]);
  EXPECT_EQ(json.at("mask"), "full-row");
  EXPECT_EQ(json.at("shape"), "8x4");
  EXPECT_DOUBLE_EQ(json.at("over_uniform").at("median").get<double>(), 1.5);
}

}  // namespace
}  // namespace coppice
