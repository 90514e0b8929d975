#include "cuda_bench/options.h"

#include "coppice/error.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

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

TEST(CudaCases, UpdatesAreLeftToWhoKnowsLibTorch) {
  try {
    cuda_cases(suites({"update"}));
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("coppice bench --device cuda --suite update"),
              std::string::npos);
  }
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

TEST(CudaCases, SpmmBeginsWithTheTableOfTargets) {
  const auto cases = cuda_cases(suites({"spmm"}));
  EXPECT_EQ(cuda_suite_cases("spmm", true).size(), 8u);
  std::set<std::string> first;
  for (std::size_t i = 0; i < 36; ++i) first.insert(cases[i].text());
  for (const char* density : {"20", "10", "5", "2"}) {
    for (const char* what :
         {"8192x8192, batch 16, {}% density, bf16, cold", "8192x8192, batch 64, {}% density, bf16, cold",
          "8192x8192, batch 512, {}% density, fp32, cold", "8192x8192, batch 512, {}% density, bf16, cold",
          "4096x4096, batch 512, {}% density, fp32, cold", "4096x4096, batch 512, {}% density, bf16, cold",
          "4096x4096, batch 16, {}% density, bf16, cold", "4096x4096, batch 64, {}% density, bf16, cold"}) {
      const std::string text = fmt::format(fmt::runtime(what), density);
      EXPECT_EQ(first.count(text), 1u) << text;
    }
  }
  // Every skewed mask has a uniform one to stand beside.
  std::map<MaskPattern, int> masks;
  for (const CudaCase& one : cases) {
    ++masks[one.mask];
    CudaCase even = one;
    even.mask = MaskPattern::kUniform;
    EXPECT_NE(std::find(cases.begin(), cases.end(), even), cases.end()) << one.text();
  }
  EXPECT_EQ(masks.size(), mask_patterns().size());
  EXPECT_EQ(masks[MaskPattern::kFullRow], 3);
}

TEST(CudaCases, ConvHasTheTargetsAndRealNetworks) {
  std::set<std::string> all;
  for (const CudaCase& one : cuda_cases(suites({"conv"}))) all.insert(one.text());
  const auto has = [&](const std::string& shape, int batch, const std::string& density,
                       const std::string& precision, const std::string& mask = "") {
    EXPECT_EQ(all.count(fmt::format("{}, batch {}, {}% density, {}, cold{}", shape, batch, density, precision,
                                    mask)),
              1u)
        << shape << " " << batch << " " << density << " " << precision << mask;
  };
  const std::string resnet = "256x2304, 3x3, 14x14";  // as scripts/cuda_targets.py looks for it
  for (const char* precision : {"fp32", "bf16"}) {
    for (const char* density : {"10", "5", "2", "1"}) has(resnet, 64, density, precision);
    for (const char* density : {"10", "5", "2"}) {
      for (const char* shape :
           {"64x576, 3x3, 56x56", "128x1152, 3x3, 28x28", "256x2304, 3x3, 14x14", "512x4608, 3x3, 7x7"})
        has(shape, 1, density, precision);
    }
    for (const MaskPattern mask : mask_patterns()) {
      if (mask != MaskPattern::kUniform)
        has(resnet, 64, "5", precision, fmt::format(", {}", mask_name(mask)));
    }
    for (const char* density : {"10", "2"}) {
      for (const char* shape : {"256x1024, 1x1, 14x14", "128x576, 3x3 stride 2, 56x56"})
        has(shape, 64, density, precision);
      for (const char* shape : {"512x4608, 3x3, 4x4", "512x4608, 3x3, 2x2", "16x27, 3x3, 32x32",
                                "16x144, 3x3, 32x32", "32x144, 3x3 stride 2, 32x32", "32x288, 3x3, 16x16",
                                "64x288, 3x3 stride 2, 16x16", "64x576, 3x3, 8x8"})
        has(shape, 128, density, precision);
    }
  }
  for (const char* density : {"10", "5", "2", "1"}) has(resnet, 64, density, "tf32");
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

TEST(CudaCases, MasksOfShapesAndSuites) {
  CudaBenchOptions options;
  options.shapes = {"64x32x4"};
  options.densities = {0.5};
  options.precisions = {"bf16"};
  options.caches = {"cold"};
  options.masks = {"uniform", "full-row"};
  const auto cases = cuda_cases(options);
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0].text(), "64x32, batch 4, 50% density, bf16, cold");
  EXPECT_EQ(cases[1].text(), "64x32, batch 4, 50% density, bf16, cold, full-row");
  options = suites({"spmm"});
  options.masks = {"empty-blocks"};
  for (const CudaCase& one : cuda_cases(options)) EXPECT_EQ(one.mask, MaskPattern::kEmptyBlocks);
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
  options.masks = {"fullrow"};
  has(options, "--mask fullrow");
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
