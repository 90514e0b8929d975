#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"
#include "support/program.h"
#include "support/scratch.h"

namespace coppice {
namespace {

/// Whether `coppice` was built with CUDA kernels.
bool built_with_cuda() {
  const Outcome outcome = run_program({"bench", "--device", "cuda", "--suite", "nonsense"});
  return outcome.err.find("this build has no CUDA kernels") == std::string::npos;
}

TEST(BenchCuda, BadInputExitsTwoBeforeAnyDeviceIsLookedFor) {
  if (!built_with_cuda()) GTEST_SKIP() << "this build has no CUDA";
  struct Case {
    std::vector<std::string> arguments;
    std::string message;
  };
  for (const Case& bad :
       std::vector<Case>{{{"--suite", "spmw"}, "did you mean 'spmv'?"},
                         {{"--suite", "gemv"}, "none of that name on a GPU, but spmv, spmm, conv"},
                         {{"--suite", "spmv", "--precision", "fp6"}, "--precision fp6"},
                         {{"--suite", "spmv", "--caches", "hot"}, "--caches hot"},
                         {{"--suite", "spmm", "--mask", "full-rows"}, "did you mean 'full-row'?"},
                         {{"--suite", "spmv", "--weights", "w.safetensors"}, "on the CPU alone"},
                         {{"--suite", "update", "--precision", "bf16"}, "has none of them"},
                         {{"--suite", "update", "--density", "2"}, "--density"},
                         {{"--suite", "update", "--caches", "hot"}, "--caches hot"},
                         {{"--suite", "update", "--device", "cuda:x"}, "auto, cpu, cuda or cuda:N"},
                         {{"--shape", "8x8"}, "2 of 3 extents"},
                         {{"--suite", "spmv", "--device", "cuda:x"}, "auto, cpu, cuda or cuda:N"},
                         {{"--suite", "spmv", "--device", "cudax"}, "auto, cpu, cuda or cuda:N"}}) {
    std::vector<std::string> arguments = {"bench"};
    if (std::find(bad.arguments.begin(), bad.arguments.end(), "--device") == bad.arguments.end())
      arguments.insert(arguments.end(), {"--device", "cuda"});
    arguments.insert(arguments.end(), bad.arguments.begin(), bad.arguments.end());
    const Outcome outcome = run_program(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << bad.message;
    EXPECT_NE(outcome.err.find(bad.message), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(BenchCuda, DryItNeedsNoGpu) {
  if (!built_with_cuda()) GTEST_SKIP() << "this build has no CUDA";
  const Outcome outcome =
      run_program({"bench", "--device", "cuda", "--dry", "--shape", "64x128x1", "--precision", "bf16",
                   "--caches", "cold", "--density", "0.5", "--mask", "uniform,full-row", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_TRUE(json.at("rates").at("assumed"));
  ASSERT_EQ(json.at("results").size(), 2U);
  EXPECT_EQ(json["results"][1].at("mask"), "full-row");
  const auto& own = json["results"][0].at("limits").at("own");
  ASSERT_FALSE(own.empty());
  EXPECT_GT(own[0].at("us"), 0) << own;
  EXPECT_EQ(run_program({"bench", "--dry", "--suite", "spmm"}).exit_code, 2) << "the CPU has no such thing";
}

TEST(BenchCuda, UpdatesAreASuiteOfTheirOwn) {
  if (!built_with_cuda()) GTEST_SKIP() << "this build has no CUDA";
  const Outcome outcome = run_program({"bench", "--device", "cuda", "--suite", "update", "--dry", "--caches",
                                       "warm", "--density", "0.5", "--quick", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("results").size(), 2U);
  EXPECT_EQ(json["results"][0].at("network"), "resnet-20");
  const Outcome absent = run_program({"bench", "--device", "cuda:1000", "--suite", "update", "--quick"});
  EXPECT_EQ(absent.exit_code, 2);
  EXPECT_NE(absent.err.find("CUDA"), std::string::npos) << absent.err;
}

TEST(BenchCuda, WithoutAGpuItSaysSo) {
  const Outcome outcome = run_program({"bench", "--device", "cuda:1000", "--suite", "spmv", "--quick"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("CUDA"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace coppice
