#include "cuda_bench/options.h"

#include "coppice/error.h"

#include <set>

#include "gtest/gtest.h"

namespace coppice {
namespace {

using kernels::Precision;

CudaBenchOptions suites(std::vector<std::string> names) {
  CudaBenchOptions options;
  options.suites = std::move(names);
  return options;
}

TEST(CudaCases, TheTargetsComeFirst) {
  const auto cases = cuda_cases({});
  EXPECT_EQ(cases[0].text(), "8192x8192, batch 1, 10% density, bf16, cold");
  EXPECT_EQ(cases[1].text(), "8192x8192, batch 1, 10% density, bf16, warm");
  // Little time is enough for the most important ones of every suite.
  std::size_t quick = 0;
  for (const CudaSuite& suite : cuda_suites()) {
    for (const CudaCase& one : cuda_suite_cases(suite.name, true))
      EXPECT_EQ(cases[quick++], one) << one.text();
  }
  std::set<std::string> seen;
  for (const CudaCase& one : cases) EXPECT_TRUE(seen.insert(one.suite + one.text()).second) << one.text();
}

TEST(CudaCases, SpmvHasEveryCombination) {
  // 5 shapes x 4 batches x 4 densities x 2 precisions x 2 states.
  EXPECT_EQ(cuda_cases(suites({"spmv"})).size(), 320u);
  CudaBenchOptions options = suites({"spmv"});
  options.precisions = {"bf16"};
  options.caches = {"cold"};
  options.densities = {0.05};
  options.batches = {1};
  const auto cases = cuda_cases(options);
  ASSERT_EQ(cases.size(), 5u);
  std::set<std::int64_t> columns;
  for (const CudaCase& one : cases) {
    EXPECT_EQ(one.precision, Precision::kBf16);
    EXPECT_EQ(one.images, 1);
    columns.insert(one.shape.columns());
  }
  EXPECT_EQ(columns, (std::set<std::int64_t>{4096, 4608, 8192, 11008}));
}

TEST(CudaCases, QuickIsPartOfTheWhole) {
  for (const CudaSuite& suite : cuda_suites()) {
    std::set<std::string> all;
    for (const CudaCase& one : cuda_suite_cases(suite.name, false)) all.insert(one.text());
    const auto quick = cuda_suite_cases(suite.name, true);
    EXPECT_LT(quick.size(), all.size());
    EXPECT_GE(quick.size(), 4u);
    for (const CudaCase& one : quick) EXPECT_EQ(all.count(one.text()), 1u) << one.text();
  }
}

TEST(CudaCases, ShapesInAllCombinations) {
  CudaBenchOptions options;
  options.shapes = {"64x32x4", "8,4,6x6,3"};
  options.densities = {0.5};
  EXPECT_EQ(suite_name(options), "shapes");
  const auto cases = cuda_cases(options);
  ASSERT_EQ(cases.size(), 8u);
  EXPECT_EQ(cases[0].text(), "64x32, batch 4, 50% density, bf16, cold");
  EXPECT_EQ(cases[3].text(), "64x32, batch 4, 50% density, fp32, warm");
  EXPECT_EQ(cases[4].text(), "8x36, 3x3, 6x6, batch 64, 50% density, bf16, cold");
}

TEST(CudaCases, BadInputIsTold) {
  const auto complaint = [](const CudaBenchOptions& options) -> std::string {
    try {
      cuda_cases(options);
    } catch (const BadInput& error) {
      return error.what();
    }
    return "nothing";
  };
  const auto has = [&](const CudaBenchOptions& options, const std::string& words) {
    EXPECT_NE(complaint(options).find(words), std::string::npos) << complaint(options);
  };
  has(suites({"spmw"}), "did you mean 'spm");
  CudaBenchOptions options = suites({"spmv"});
  options.shapes = {"1x1x1"};
  has(options, "one thing at a time");
  options = {};
  options.densities = {0};
  has(options, "--density 0");
  options.densities = {0.37};
  has(options, "no case");
  options = {};
  options.precisions = {"fp61"};
  has(options, "did you mean 'fp");
  options = {};
  options.caches = {"hot"};
  has(options, "--caches hot");
  options = {};
  options.batches = {0};
  has(options, "--batch 0");
  options.batches = {4};
  options.shapes = {"8x8x8"};
  has(options, "the batch already");
  options.batches = {};
  options.shapes = {"8x8"};
  has(options, "2 of 3 extents");
}

TEST(CudaCases, AreNamedTogether) {
  EXPECT_EQ(suite_name({}), "all");
  EXPECT_EQ(suite_name(suites({"spmv", "conv"})), "spmv-conv");
}

}  // namespace
}  // namespace coppice
