#include "coppice/checkpoint.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"
#include "support/program.h"
#include "support/scratch.h"

namespace coppice {
namespace {

TEST(BenchSlow, JsonIsOneDocumentWithBothSidesAndTheLimit) {
  const std::string file = testing::TempDir() + "bench.json";
  const std::string command =
      "XDG_CACHE_HOME=" + testing::TempDir() +
      " " COPPICE_PROGRAM " bench --suite train --quick --threads 2 --json --quiet > " + file;
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream stream(file);
  const nlohmann::json json = nlohmann::json::parse(stream);
  EXPECT_EQ(json.at("threads"), 2);
  EXPECT_GT(json.at("calibration").at("peak_gflops"), 0);
  ASSERT_EQ(json.at("results").size(), 2u);
  EXPECT_EQ(json["results"][0].at("network"), "lenet-300-100");
  EXPECT_EQ(json["results"][0].at("coppice").at("engine"), "mlp");
  EXPECT_EQ(json["results"][1].at("network"), "resnet-20");
  EXPECT_EQ(json["results"][1].at("examples"), 50000);
  EXPECT_TRUE(json["results"][1].at("scaled"));
  for (const auto& result : json["results"]) {
    EXPECT_GT(result.at("limit_s"), 0);
    EXPECT_LE(result.at("speedup").at("low"), result.at("speedup").at("median"));
    for (const char* side : {"coppice", "eager"}) {
      EXPECT_GT(result.at(side).at("epoch_s").at("median"), result.at("limit_s")) << side;
      EXPECT_LT(result.at(side).at("attained"), 1) << side;
    }
  }
}

/// Where the calibration is kept between the cases of a test.
Outcome bench(std::vector<std::string> arguments, const Scratch& scratch) {
  setenv("XDG_CACHE_HOME", scratch.folder().c_str(), 1);
  arguments.insert(arguments.begin(), "bench");
  return run_program(arguments, scratch.folder().string());
}

TEST(Bench, JsonOfShapesHasEveryCandidate) {
  const Scratch scratch;
  const Outcome outcome = bench({"--shape", "32x48x16", "--shape", "8,4,6x6,3", "--batch", "2", "--density",
                                 "0.1,0.05", "--quick", "--json", "--quiet", "--threads", "1"},
                                scratch);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(json.at("suite"), "layers");
  EXPECT_EQ(json.at("threads"), 1);
  EXPECT_GT(json.at("calibration").at("peak_gflops"), 0);
  ASSERT_EQ(json.at("results").size(), 4U);
  EXPECT_EQ(json["results"][0].at("shape"), "32x48");
  EXPECT_EQ(json["results"][0].at("batch"), 16);
  EXPECT_EQ(json["results"][3].at("shape"), "8x36, 3x3, 6x6");
  EXPECT_EQ(json["results"][3].at("batch"), 2);
  EXPECT_DOUBLE_EQ(json["results"][1].at("density"), 77 / 1536.0);
  for (const auto& result : json["results"]) {
    int dense = 0, sparse = 0;
    for (const auto& candidate : result.at("candidates")) ++(candidate.at("sparse") ? sparse : dense);
    EXPECT_GE(dense, 1);
    EXPECT_GE(sparse, 1);
    EXPECT_GT(result.at("speedup").at("median"), 0);
    EXPECT_EQ(result.at("caches"), "warm");
  }
}

TEST(Bench, TimesTheLayersOfAFile) {
  const Scratch scratch;
  Tensors tensors;
  for (const char* name : {"fc1.weight", "fc2.weight"}) {
    tensors[name] = Tensor::zeros(DType::kF32, {16, 24});
    for (std::size_t i = 0; i < 384; i += 16) tensors[name].as<float>()[i] = 1;
  }
  tensors["fc1.bias"] = Tensor::zeros(DType::kF32, {16});
  write_safetensors(scratch / "w.safetensors", tensors);
  const Outcome outcome =
      bench({"--weights", "w.safetensors", "--layer", "fc2", "--batch", "1,4", "--quick", "--threads", "1"},
            scratch);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("1 tensor skipped (1 dimension): fc1.bias"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\nfc2 "), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("\nfc1 "), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("6.25%"), std::string::npos) << outcome.out;
}

TEST(Bench, BadInputExitsTwoAndSaysWhy) {
  const Scratch scratch;
  write_safetensors(scratch / "w.safetensors", {{"fc.weight", Tensor::zeros(DType::kF32, {2, 2})}});
  struct Case {
    std::vector<std::string> arguments;
    std::string message;
  };
  for (const Case& bad : std::vector<Case>{
           {{}, "give one of --suite (spmm"},
           {{"--suite", "nonsense"}, "nonsense"},
           {{"--suite", "spmm", "--shape", "8x8x8"}, "one thing at a time"},
           {{"--suite", "spmm", "--batch", "4"}, "a suite has its own batches"},
           {{"--suite", "train", "--density", "0.1"}, "--density"},
           {{"--suite", "spmv"}, "none of that name on the CPU, but spmm, gemv"},
           {{"--suite", "spmm", "--precision", "bf16"}, "--device cuda"},
           {{"--suite", "spmm", "--device", "cpux"}, "--device"},
           {{"--shape", "8x8"}, "--shape 8x8: has 2 of 3 extents"},
           {{"--shape", "8x8x8", "--batch", "4"}, "the batch already"},
           {{"--shape", "8x8x8", "--density", "1.5"}, "--density"},
           {{"--shape", "8x8x8", "--density", "0.1,x"}, "--density"},
           {{"--shape", "8x8x8", "--image", "3x3"}, "--image"},
           {{"--weights", "none.safetensors"}, "none.safetensors"},
           {{"--weights", "w.safetensors", "--image", "32"}, "--image 32: no image size"},
           {{"--weights", "w.safetensors", "--density", "0.1"}, "--density"},
           {{"--weights", "w.safetensors", "--layer", "fx.weight"}, "did you mean 'fc.weight'?"},
           {{"--weights", "w.safetensors", "--batch", "0"}, "--batch"}}) {
    const Outcome outcome = bench(bad.arguments, scratch);
    EXPECT_EQ(outcome.exit_code, 2) << bad.message;
    EXPECT_NE(outcome.err.find(bad.message), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace coppice
