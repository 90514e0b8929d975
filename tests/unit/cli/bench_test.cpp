#include <cstdlib>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "gtest/gtest.h"

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

TEST(Bench, UnknownSuiteIsBadInput) {
  const std::string command = std::string(COPPICE_PROGRAM) + " bench --suite nonsense > /dev/null 2>&1";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 2);
  const std::string cuda = std::string(COPPICE_PROGRAM) + " bench --device cuda:0 > /dev/null 2>&1";
  EXPECT_EQ(WEXITSTATUS(std::system(cuda.c_str())), 2);
}

}  // namespace
