#include "coppice/error.h"

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "cuda/bench_on_host/stand_ins.h"
#include "cuda_bench/conversions.h"
#include "cuda_bench/run.h"
#include "gtest/gtest.h"
#include "kernels/cuda/candidate.h"
#include "measure/bench_shape.h"
#include "measure/random_layer.h"
#include "support/scratch.h"

namespace coppice {
namespace {

using Json = nlohmann::ordered_json;

const auto kSilent = [](const std::string&) {};

std::vector<Json> all_of(const Json& list, const std::string& kernel) {
  std::vector<Json> found;
  std::copy_if(list.begin(), list.end(), std::back_inserter(found),
               [&](const Json& one) { return one.at("kernel") == kernel; });
  return found;
}

TEST(BenchOnHost, TimesWhatIsRightAndTellsTheRest) {
  const Scratch scratch;
  CudaBenchOptions options;
  options.shapes = {"48x40x3"};
  options.densities = {0.25};
  options.precisions = {"fp32"};
  options.out = scratch.folder().string();
  std::vector<std::string> said;
  const CudaBenchOutcome outcome =
      run_cuda_bench(options, [&](const std::string& what) { said.push_back(what); });
  EXPECT_EQ(said.size(), 3u);
  ASSERT_EQ(outcome.json.at("results").size(), 2u);
  EXPECT_EQ(outcome.json.at("rates").at("dense_rates_from"), "mma.sync") << "no library served so much";
  for (const Json& result : outcome.json["results"]) {
    const bool cold = result.at("caches") == "cold";
    EXPECT_EQ(result.at("samples"), 30);
    const auto dense = all_of(result.at("kernels"), "good-dense");
    ASSERT_EQ(dense.size(), 3u) << "in fp32, and in the coarser tf32 and bf16";
    const auto sparse = all_of(result.at("kernels"), "good-sparse");
    ASSERT_EQ(sparse.size(), 1u);
    EXPECT_EQ(sparse[0].at("variant"), "quick") << "the fastest variant";
    EXPECT_EQ(sparse[0].at("precision"), "fp32");
    // 2000 bytes of weights, 480 of inputs and 576 of outputs; three times L2 are 12000.
    EXPECT_EQ(sparse[0].at("copies"), cold ? 4 : 1);
    EXPECT_EQ(sparse[0].at("bytes_gone_round"), (cold ? 4 : 1) * (2000 + 480 + 576));
    EXPECT_GT(sparse[0].at("time_us").at("median"), 0);

    EXPECT_TRUE(all_of(result.at("kernels"), "liar").empty()) << "never time a wrong kernel";
    EXPECT_EQ(all_of(result.at("wrong"), "liar (quick)").size(), 4u) << "in four pairs of layouts";
    const auto thrown = all_of(result.at("refused"), "thrower");
    ASSERT_EQ(thrown.size(), 3u);
    EXPECT_EQ(thrown[0].at("why"), "no memory left");
    EXPECT_EQ(all_of(result.at("refused"), "picky")[0].at("why"), "not today");
  }
  EXPECT_EQ(outcome.wrong, 16);
  EXPECT_THROW(throw_if_wrong(outcome), Failure);
  EXPECT_EQ(Json::parse(read_file(scratch.folder() / "shapes.json")), outcome.json);
  EXPECT_NE(outcome.text.find("WRONG: 48x40, batch 3, 25% density, fp32, cold: liar"), std::string::npos);
}

TEST(BenchOnHost, ConvolutionsAndBf16) {
  CudaBenchOptions options;
  options.shapes = {"6,3,5x7,3"};
  options.densities = {0.25};
  options.batches = {2};
  options.precisions = {"bf16"};
  options.caches = {"warm"};
  const CudaBenchOutcome outcome = run_cuda_bench(options, kSilent);
  ASSERT_EQ(outcome.json.at("results").size(), 1u);
  const Json& result = outcome.json["results"][0];
  const auto dense = all_of(result.at("kernels"), "good-dense");
  ASSERT_EQ(dense.size(), 2u) << "nothing is coarser than bf16; and in fp32";
  EXPECT_EQ(dense[1].at("precision"), "fp32");
  EXPECT_EQ(all_of(result.at("kernels"), "good-sparse").size(), 1u);
}

TEST(BenchOnHost, ConversionsAreCheckedAndTimed) {
  const CudaCase what{"conv", conv_shape(6, 3, 5, 7, 3), 4,
                      0.5,    kernels::Precision::kFp32, CacheState::kCold};
  const kernels::Layer layer = random_layer(what.shape, 0.5, 1);
  const kernels::Layout last = {kernels::Order::kImagesLast, 0};
  kernels::CudaDevice device;
  device.l2_bytes = stand_ins().l2_bytes;
  Contenders found;
  found.ready.resize(4);
  found.ready[0].own = found.ready[1].own = found.ready[2].own = true;
  for (Contender& one : found.ready) one.precision = what.precision;
  found.ready[0].in = found.ready[0].out = last;
  found.ready[1].in = found.ready[1].out = last;           // needs the same
  found.ready[3].in = {kernels::Order::kChannelsLast, 0};  // a library's: nobody turns for it here
  find_conversions(what, layer, found, device);
  EXPECT_TRUE(found.wrong.empty() && found.refused.empty());
  ASSERT_EQ(found.conversions.size(), 2u);
  const Conversion &entry = found.conversions[0], &exit = found.conversions[1];
  EXPECT_EQ(entry.to, last);
  EXPECT_EQ(exit.from, last);
  EXPECT_EQ(entry.bytes, 2 * 4 * 3 * 35 * 4);
  EXPECT_EQ(exit.bytes, 2 * 4 * 6 * 35 * 4);
  EXPECT_EQ(entry.copies, 4) << "3 x 4000 bytes of L2 by 3360";
  EXPECT_GT(exit.timer->seconds_per_call(), 0);
  // Our third takes plain activations as they are.
  const auto none = needed_conversions(what, found.ready[2], found.conversions);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->entry || none->exit);
  const auto both = needed_conversions(what, found.ready[1], found.conversions);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->entry, 0u);
  EXPECT_EQ(both->exit, 1u);
  EXPECT_FALSE(needed_conversions(what, found.ready[1], {entry})) << "one was not timed";
}

TEST(BenchOnHost, WhatWouldTakeTooManyCopiesIsNotTimedCold) {
  CudaBenchOptions options;
  options.shapes = {"2x2x1"};
  options.densities = {1};
  options.precisions = {"fp32"};
  stand_ins().l2_bytes = 1'376'257;  // 2048 copies of 2000 + 8 + 8 bytes hold 3 x 1,376,256
  const Json results = run_cuda_bench(options, kSilent).json.at("results");
  stand_ins() = {};
  EXPECT_TRUE(results[0].at("kernels").empty());
  const auto refused = all_of(results[0].at("refused"), "good-sparse");
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_NE(refused[0].at("why").get<std::string>().find("2049 copies"), std::string::npos);
  EXPECT_EQ(all_of(results[1].at("kernels"), "good-sparse").size(), 1u) << "but warm";
}

TEST(BenchOnHost, OwnKernelsTakePartOrSayWhyNotAndAreNeverWrong) {
  CudaBenchOptions options;
  options.shapes = {"300x500x1", "70x90x5", "6,3,5x7,3"};
  options.densities = {0.1};
  options.caches = {"warm"};
  const Json results = run_cuda_bench(options, kSilent).json.at("results");
  ASSERT_EQ(results.size(), 6u);
  for (const auto& candidate : kernels::own_cuda_candidates()) {
    for (const Json& result : results) {
      const std::size_t timed = all_of(result.at("kernels"), candidate->name()).size();
      const auto refused = all_of(result.at("refused"), candidate->name());
      EXPECT_EQ(timed + refused.size(), 1u) << candidate->name() << " " << result.at("shape");
      if (timed == 0) {
        EXPECT_NE(refused[0].at("why"), "");
      }
      for (const Json& wrong : result.at("wrong"))
        EXPECT_FALSE(wrong.at("kernel").get<std::string>().starts_with(candidate->name())) << wrong;
    }
  }
  for (const Json& result : results) {
    const bool convolution = result.at("shape") == "6x27, 3x3, 5x7";
    ASSERT_EQ(result.contains("with_conversions"), convolution);
    if (!convolution) continue;
    const Json& kernels = result.at("kernels");
    const bool ours =
        std::any_of(kernels.begin(), kernels.end(), [](const Json& one) { return one.at("own"); });
    const Json& with = result.at("with_conversions");
    ASSERT_EQ(with.is_null(), !ours);
    if (ours) EXPECT_GT(with.at("over_dense").at("median"), 0);
  }
}

TEST(BenchOnHost, SkewedMasksStandBesideUniformOnes) {
  CudaBenchOptions options;
  options.shapes = {"300x500x2"};
  options.densities = {0.1};
  options.precisions = {"fp32"};
  options.caches = {"warm"};
  for (const MaskPattern mask : mask_patterns()) options.masks.emplace_back(mask_name(mask));
  const CudaBenchOutcome outcome = run_cuda_bench(options, kSilent);
  ASSERT_EQ(outcome.json.at("results").size(), 5u);
  for (const Json& result : outcome.json["results"]) {
    EXPECT_EQ(result.at("nonzeros"), 15000);
    EXPECT_TRUE(all_of(result.at("wrong"), "packed-spmv").empty());
  }
  const auto ratios = all_of(outcome.json.at("skewed"), "packed-spmv");
  ASSERT_EQ(ratios.size(), 4u);
  EXPECT_EQ(ratios[0].at("mask"), "full-row");
  EXPECT_GT(ratios[0].at("over_uniform").at("median"), 0);
  EXPECT_NE(outcome.text.find("Skewed masks:"), std::string::npos);
  EXPECT_NE(outcome.text.find("300x500 power-law-rows"), std::string::npos) << outcome.text;
}

TEST(BenchOnHost, ListsDevices) {
  EXPECT_EQ(cuda_devices_text(),
            "cuda:0: host, sm_90, 4 multiprocessors, 953.7 MiB, L2 3.9 KiB, CUDA none\n");
}

TEST(BenchOnHost, NoDeviceAndNoSuchDevice) {
  CudaBenchOptions options;
  options.shapes = {"2x2x1"};
  options.device = 3;
  EXPECT_THROW(run_cuda_bench(options, kSilent), BadInput);
  options.device = 0;
  stand_ins().no_device = true;
  try {
    run_cuda_bench(options, kSilent);
    ADD_FAILURE();
  } catch (const BadInput& error) {
    EXPECT_NE(std::string(error.what()).find("no CUDA device: it was taken away"), std::string::npos);
  }
  stand_ins() = {};
}

}  // namespace
}  // namespace coppice
