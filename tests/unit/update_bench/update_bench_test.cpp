#include "coppice/error.h"

#include <filesystem>

#include "base/files.h"
#include "gtest/gtest.h"
#include "kernels/cuda/devices.h"
#include "support/scratch.h"
#include "update_bench/run_update.h"
#include "update_bench/update_table.h"

namespace coppice {
namespace {

using kernels::Pruned;

TEST(UpdateCases, NetworksHaveTheirParameters) {
  // LeNet-300-100: 784 x 300 + 300 + 300 x 100 + 100 + 100 x 10 + 10.
  const std::vector<UpdateSize> lenet = update_sizes("lenet-300-100");
  ASSERT_EQ(lenet.size(), 6u);
  EXPECT_EQ(elements_of(lenet), 266'610);
  EXPECT_TRUE(lenet[0].prunable);
  EXPECT_FALSE(lenet[1].prunable) << "a bias";
  EXPECT_EQ(lenet[0].count, 784 * 300);
  EXPECT_NEAR(static_cast<double>(elements_of(update_sizes("resnet-20"))), 0.27e6, 5e3);
  EXPECT_NEAR(static_cast<double>(elements_of(update_sizes("vgg-16"))), 14.7e6, 5e4);
  EXPECT_EQ(elements_of(update_sizes("6 x 4096x4096")), 6 * 4096 * 4096);
  EXPECT_THROW(update_sizes("lenet-5000"), BadInput);
}

TEST(UpdateCases, LargeNetworksAreColdAlone) {
  const std::vector<UpdateCase> all = update_cases({});
  EXPECT_EQ(all.size(), 2u * 3 * (4 + 2));
  EXPECT_EQ(all.front().text(), "6 x 4096x4096, sgd, 10% density, cold");
  for (const UpdateCase& one : all)
    EXPECT_TRUE(one.caches == CacheState::kCold || one.network == "resnet-20" ||
                one.network == "lenet-300-100");
  UpdateBenchOptions options;
  options.quick = true;
  EXPECT_EQ(update_cases(options).size(), 4u);
  options.densities = {0.5};
  options.caches = {"warm"};
  const std::vector<UpdateCase> few = update_cases(options);
  ASSERT_EQ(few.size(), 2u);
  EXPECT_EQ(few[0].text(), "resnet-20, sgd, 50% density, warm");
}

TEST(UpdateCases, RefuseBadInput) {
  UpdateBenchOptions options;
  for (const double density : {0.0, 1.5}) {
    options.densities = {density};
    EXPECT_THROW(update_cases(options), BadInput);
  }
  options.densities = {};
  options.caches = {"hot"};
  EXPECT_THROW(update_cases(options), BadInput);
}

TEST(UpdateData, MasksHaveTheDensityAndClearValues) {
  const UpdateData data = draw_update_data({"lenet-300-100", UpdateOptimizer::kSgd, 0.1, CacheState::kCold});
  std::int64_t kept = 0, zero = 0;
  for (const UpdateTensorData& tensor : data.tensors) {
    for (std::int64_t i = 0; i < tensor.count(); ++i) {
      kept += tensor.kept(i);
      zero += !tensor.kept(i) && tensor.value[static_cast<std::size_t>(i)] == 0;
    }
  }
  EXPECT_EQ(kept + zero, 266'610);
  EXPECT_NEAR(static_cast<double>(kept), 0.1 * 266'200 + 410, 600);
  EXPECT_TRUE(data.tensors[1].mask.empty());
  EXPECT_TRUE(draw_update_data({"lenet-300-100", UpdateOptimizer::kSgd, 1, CacheState::kCold})
                  .tensors[0]
                  .mask.empty());
}

TEST(UpdateLimits, ByHand) {
  MachineRates machine;
  machine.hbm_gb_s = 1000;
  machine.l2_gb_s = 4000;
  machine.l2_bytes = 1e6;
  machine.launch_s = 2e-6;
  const kernels::UpdateTraffic traffic{6'000'000, 2'000'000};
  EXPECT_NEAR(update_limit(traffic, 8'000'000, CacheState::kCold, machine).seconds, 10e-6, 1e-12);
  EXPECT_EQ(update_limit(traffic, 8'000'000, CacheState::kWarm, machine).resource, "HBM") << "does not fit";
  const kernels::UpdateTraffic small{300'000, 100'000};
  EXPECT_NEAR(update_limit(small, 900'000, CacheState::kWarm, machine).seconds, 2.1e-6, 1e-12);
  EXPECT_EQ(update_limit(small, 900'000, CacheState::kWarm, machine).resource, "launch");
  EXPECT_NEAR(update_limit(small, 1'100'000, CacheState::kWarm, machine).seconds, 2.4e-6, 1e-12)
      << "the arrays do not stay, though what moves would fit";
  machine.overlapped_launch_s = 1e-6;
  EXPECT_NEAR(update_limit(small, 900'000, CacheState::kWarm, machine).seconds, 1.1e-6, 1e-12);
}

/// A way whose times are told.
class Told : public Updater {
 public:
  Told(std::string name, bool own) : name_(std::move(name)), own_(own) {}
  std::string name() const override { return name_; }
  std::string variant() const override { return ""; }
  bool own() const override { return own_; }
  Leaves leaves() const override { return own_ ? Leaves::kZero : Leaves::kZeroValue; }
  void run(std::int64_t, kernels::CudaStream) override {}
  std::vector<std::vector<float>> values() const override { return {}; }

 private:
  std::string name_;
  bool own_;
};

Alternation told(const std::vector<double>& times) {
  Alternation alternation;
  for (const double time : times) {
    Series series;
    series.seconds = std::vector<double>(30, time);
    series.time = {time, time, time};
    alternation.series.push_back(series);
  }
  return alternation;
}

UpdateResult told_result() {
  MachineRates machine;
  machine.hbm_gb_s = 1000;
  machine.launch_s = 1e-6;
  UpdateResult result;
  result.what = {"resnet-20", UpdateOptimizer::kSgd, 0.1, CacheState::kCold};
  result.clear = {6'000'000, 3'000'000};
  result.skip = {3'000'000, 1'000'000};
  result.clear_limit = update_limit(result.clear, 1, CacheState::kCold, machine);
  result.skip_limit = update_limit(result.skip, 1, CacheState::kCold, machine);
  Updaters updaters;
  updaters.push_back(std::make_unique<Told>("own", true));
  updaters.push_back(std::make_unique<Told>("own, pruned are zero", true));
  updaters.push_back(std::make_unique<Told>("fused, mask values", false));
  evaluate(result, updaters, told({20e-6, 8e-6, 50e-6}), told({21e-6, 9e-6, 70e-6}), machine);
  return result;
}

TEST(UpdateResults, AreEvaluated) {
  const UpdateResult result = told_result();
  ASSERT_EQ(result.updaters.size(), 3u);
  EXPECT_EQ(result.updaters[0].bytes, 9'000'000);
  EXPECT_NEAR(result.updaters[0].attained, 0.5, 1e-9) << "9 us and a launch";
  EXPECT_NEAR(result.updaters[0].bandwidth, 0.45, 1e-9);
  EXPECT_NEAR(result.updaters[1].attained, 5.0 / 8, 1e-9);
  EXPECT_FALSE(result.updaters[1].over_own.has_value());
  EXPECT_NEAR(result.updaters[2].over_own->median, 2.5, 1e-9);
  EXPECT_NEAR(result.updaters[2].over_own_zero->median, 6.25, 1e-9);
  EXPECT_NEAR(result.updaters[2].queued.median, 70e-6, 1e-12);
}

TEST(UpdateResults, AreTold) {
  UpdateResult result = told_result();
  result.wrong.push_back({"foreach, mask values", "tensor 0"});
  const std::string text = update_table({result});
  EXPECT_NE(text.find("2.50x (2.50-2.50)"), std::string::npos) << text;
  EXPECT_NE(text.find("WRONG: resnet-20, sgd, 10% density, cold: foreach, mask values: tensor 0"),
            std::string::npos);
  const nlohmann::ordered_json json = to_json(result);
  EXPECT_EQ(json.at("ways").size(), 3u);
  EXPECT_NEAR(json["ways"][2].at("over_own").at("median").get<double>(), 2.5, 1e-9);
  EXPECT_NEAR(json["ways"][0].at("limit").at("us").get<double>(), 10, 1e-9);
  EXPECT_EQ(json["ways"][2].at("pruned_become"), "zero values");
}

TEST(UpdateBench, DryRunTellsBytesAndLimits) {
  const Scratch scratch;
  UpdateBenchOptions options;
  options.dry = true;
  options.densities = {1};
  options.caches = {"warm"};
  options.out = (scratch.folder() / "out").string();
  const CudaBenchOutcome outcome = run_update_bench(options, [](const std::string&) {});
  const auto& results = outcome.json.at("results");
  ASSERT_EQ(results.size(), 4u) << "two networks, two optimisers";
  EXPECT_TRUE(outcome.json.at("rates").at("assumed"));
  EXPECT_TRUE(outcome.json.at("device").is_null());
  EXPECT_EQ(outcome.json.at("suite"), "update");
  EXPECT_EQ(results[1].at("network"), "lenet-300-100");
  // Sectors of 32 bytes: 235200, 300, 30000, 100, 1000 and 10 floats; value and velocity twice, gradient
  // once.
  const std::int64_t sectors = 29400 + 38 + 3750 + 13 + 125 + 2;
  EXPECT_EQ(results[1].at("clear").at("bytes_read"), 3 * 32 * sectors);
  EXPECT_EQ(results[1].at("clear").at("bytes_written"), 2 * 32 * sectors);
  EXPECT_FALSE(results[1].contains("ways")) << "nothing was measured";
  EXPECT_EQ(nlohmann::ordered_json::parse(read_file(scratch.folder() / "out" / "update.json")), outcome.json);
  EXPECT_EQ(read_file(scratch.folder() / "out" / "update.txt"), outcome.text);
}

TEST(UpdateBench, WithoutADeviceItSaysWhy) {
  std::string why;
  if (!kernels::cuda_devices(&why).empty()) GTEST_SKIP() << "there is one";
  try {
    run_update_bench({}, [](const std::string&) {});
    FAIL();
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("no CUDA device"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("--dry"), std::string::npos);
  }
}

}  // namespace
}  // namespace coppice
