#include "cuda_bench/run.h"

#include "coppice/error.h"

#include <filesystem>

#include "base/files.h"
#include "gtest/gtest.h"
#include "kernels/cuda/devices.h"
#include "support/scratch.h"

namespace coppice {
namespace {

TEST(CudaBench, DryRunPredictsWithAssumedFiguresAndKeepsResults) {
  const Scratch scratch;
  CudaBenchOptions options;
  options.dry = true;
  options.quick = true;
  options.suites = {"spmv"};
  options.out = (scratch.folder() / "new" / "out").string();
  bool said = false;
  const CudaBenchOutcome outcome = run_cuda_bench(options, [&](const std::string&) { said = true; });
  EXPECT_FALSE(said);
  EXPECT_EQ(outcome.wrong, 0);
  EXPECT_NE(outcome.text.find("ASSUMED (an H200): HBM 4300"), std::string::npos);
  EXPECT_TRUE(outcome.json.at("rates").at("assumed"));
  EXPECT_TRUE(outcome.json.at("device").is_null());
  ASSERT_EQ(outcome.json.at("results").size(), 8u);
  EXPECT_EQ(outcome.json.at("planned"), 8);
  const auto& first = outcome.json["results"][0];
  EXPECT_EQ(first.at("shape"), "8192x8192");
  EXPECT_NEAR(first.at("limits").at("speedup"), 3.9, 0.06);
  EXPECT_FALSE(first.contains("kernels")) << "nothing was measured";
  EXPECT_EQ(first.at("mask"), "uniform");
  ASSERT_FALSE(first.at("limits").at("own").empty());
  const auto& own = first.at("limits").at("own")[0];
  EXPECT_EQ(own.at("kernel"), "packed-spmv");
  EXPECT_NEAR(own.at("speedup").get<double>(), 3.9, 0.06);
  EXPECT_NE(outcome.text.find("packed-spmv 8.75"), std::string::npos) << outcome.text;
  EXPECT_EQ(nlohmann::ordered_json::parse(read_file(std::filesystem::path(options.out) / "spmv.json")),
            outcome.json);
  EXPECT_EQ(read_file(std::filesystem::path(options.out) / "spmv.txt"), outcome.text);
}

TEST(CudaBench, EverySuiteHasAFileOfItsOwn) {
  const Scratch scratch;
  CudaBenchOptions options;
  options.dry = true;
  options.out = scratch.folder().string();
  const CudaBenchOutcome outcome = run_cuda_bench(options, [](const std::string&) {});
  std::size_t cases = 0;
  for (const CudaSuite& suite : cuda_suites()) {
    const auto json = nlohmann::ordered_json::parse(read_file(scratch.folder() / (suite.name + ".json")));
    EXPECT_EQ(json.at("suite"), suite.name);
    EXPECT_EQ(json.at("planned"), json.at("results").size());
    for (const auto& result : json.at("results")) EXPECT_EQ(result.at("suite"), suite.name);
    cases += json.at("results").size();
  }
  EXPECT_EQ(outcome.json.at("results").size(), cases);
  EXPECT_EQ(outcome.json.at("suite"), "all");
}

TEST(CudaBench, WithoutADeviceItSaysWhy) {
  std::string why;
  if (!kernels::cuda_devices(&why).empty()) GTEST_SKIP() << "there is one";
  try {
    run_cuda_bench({}, [](const std::string&) {});
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("no CUDA device: " + why), std::string::npos);
  }
}

TEST(CudaBench, WrongKernelsEndInFailure) {
  CudaBenchOutcome outcome;
  EXPECT_NO_THROW(throw_if_wrong(outcome));
  outcome.wrong = 2;
  EXPECT_THROW(throw_if_wrong(outcome), Failure);
}

}  // namespace
}  // namespace coppice
