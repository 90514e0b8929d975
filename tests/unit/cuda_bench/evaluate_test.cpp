#include "cuda_bench/cuda_table.h"
#include "cuda_bench/results_json.h"
#include "gtest/gtest.h"
#include "unit/cuda_bench/results.h"

namespace coppice {
namespace {

using kernels::Precision;

TEST(Evaluate, ComparesTheBestOfEachSideSampleBySample) {
  const CudaCaseResult result = example_result();
  ASSERT_TRUE(result.against_sparse && result.against_dense);
  EXPECT_EQ(result.against_sparse->over, "library-sparse");
  EXPECT_EQ(result.against_sparse->under, "ours");
  EXPECT_EQ(result.against_sparse->ratio.median, 2) << "in every round";
  EXPECT_EQ(result.against_sparse->ratio.high, 2);
  EXPECT_EQ(result.against_dense->over, "library-dense");
  EXPECT_NEAR(result.against_dense->ratio.median, 20.0 / 3, 1e-9);
  ASSERT_EQ(result.against_coarser.size(), 1u) << "nobody ran in tf32";
  EXPECT_EQ(result.against_coarser[0].first, Precision::kBf16);
  EXPECT_NEAR(result.against_coarser[0].second.ratio.median, 10.0 / 3, 1e-9);
  EXPECT_EQ(result.samples, 3);
}

TEST(Evaluate, LimitsBelongToTheWeightsAsEachKernelHasThem) {
  const CudaCaseResult result = example_result();
  std::vector<std::string> order;
  for (const KernelTime& time : result.kernels) order.push_back(time.kernel);
  EXPECT_EQ(order, (std::vector<std::string>{"ours", "library-sparse", "library-dense", "ours-slow", "half"}))
      << "the fastest first, other precisions last";
  const KernelTime &ours = result.kernels[0], &sparse = result.kernels[1], &dense = result.kernels[2],
                   &half = result.kernels[4];
  // 1.2 MB and 12 KB of activations at 1 TB/s, and a launch of 1 us.
  EXPECT_NEAR(ours.limit.seconds, 1e-6 + 1.212e-6, 1e-12);
  EXPECT_EQ(ours.limit.resource, "HBM");
  EXPECT_NEAR(ours.attained, 2.212 / 3, 1e-9);
  EXPECT_NEAR(sparse.limit.seconds, 1e-6 + 1.612e-6, 1e-12);
  EXPECT_NEAR(dense.limit.seconds, 1e-6 + 8.012e-6, 1e-12);
  EXPECT_NEAR(half.limit.seconds, 1e-6 + 4.006e-6, 1e-12);
  EXPECT_NEAR(result.limit_speedup(), 9.012 / 2.212, 1e-9);
}

TEST(Evaluate, PreparationIsWonBackAgainstTheBestDenseKernel) {
  const CudaCaseResult result = example_result();
  EXPECT_FALSE(result.kernels[0].break_even_runs) << "nothing was prepared";
  EXPECT_EQ(result.kernels[1].break_even_runs, 2) << "28 us at 14 us a run";
  EXPECT_FALSE(result.kernels[3].break_even_runs) << "slower than dense";
}

TEST(Evaluate, NothingIsComparedWithNothing) {
  const CudaCase what{"spmv", linear_shape(10, 20), 1, 0.1, Precision::kBf16, CacheState::kWarm};
  CudaCaseResult result = predicted(what, round_rates());
  EXPECT_EQ(result.nonzeros, 20);
  evaluate(result, {}, {}, round_rates());
  EXPECT_FALSE(result.against_sparse || result.against_dense);
  Alternation samples;
  samples.series = {series("dense", {1e-6})};
  evaluate(result, {contender("dense", false, false, Precision::kBf16, 400)}, samples, round_rates());
  EXPECT_FALSE(result.against_sparse || result.against_dense);
  EXPECT_EQ(result.kernels.size(), 1u);
}

/// A convolution in bf16: our kernel takes 4, 5, 6 us with images last, and turning to that and back 1 and 2
/// us; the dense one takes 16 us, in FP32 40.
CudaCaseResult convolution_result(bool with_exit = true) {
  const CudaCase what{"conv", conv_shape(64, 32, 8, 8, 3), 16, 0.1, Precision::kBf16, CacheState::kCold};
  CudaCaseResult result = predicted(what, round_rates());
  const kernels::Layout plain, last = {kernels::Order::kImagesLast, 0};
  std::vector<Contender> contenders = {contender("dense", false, false, Precision::kBf16, 36'864),
                                       contender("dense", false, false, Precision::kFp32, 73'728),
                                       contender("ours", true, true, Precision::kBf16, 10'000)};
  contenders[2].in = contenders[2].out = last;
  std::vector<Conversion> conversions(with_exit ? 2 : 1);
  conversions[0].from = plain;
  conversions[0].to = last;
  conversions[0].bytes = 131'072;  // 16 x 32 x 64 elements of 2 bytes, twice
  if (with_exit) {
    conversions[1].from = last;
    conversions[1].to = plain;
  }
  Alternation samples;
  samples.series = {series("dense", {16e-6, 16e-6, 16e-6}), series("dense", {40e-6, 40e-6, 40e-6}),
                    series("ours", {4e-6, 5e-6, 6e-6}), series("", {1e-6, 1e-6, 1e-6}),
                    series("", {2e-6, 2e-6, 2e-6})};
  evaluate(result, contenders, samples, round_rates(), conversions);
  return result;
}

TEST(Evaluate, ConversionsStandBesideTheKernelThatNeedsThem) {
  const CudaCaseResult result = convolution_result();
  EXPECT_NEAR(result.against_dense->ratio.median, 16.0 / 5, 1e-9) << "the kernel alone";
  ASSERT_TRUE(result.own_with_conversions && result.own_with_conversions->over_dense);
  const WithConversions& with = *result.own_with_conversions;
  EXPECT_EQ(with.kernel, "ours");
  EXPECT_NEAR(with.seconds.median, 8e-6, 1e-15);
  EXPECT_NEAR(with.over_dense->median, 2, 1e-9);
  ASSERT_TRUE(with.entry && with.exit);
  EXPECT_EQ(with.entry->layouts, "plain -> images-last");
  EXPECT_EQ(with.exit->layouts, "images-last -> plain");
  EXPECT_NEAR(with.entry->limit.seconds, 1e-6 + 131'072 / 1e12, 1e-12) << "a launch of 1 us, and 1 TB/s";
  EXPECT_NEAR(with.entry->attained, 1.131072, 1e-6);
  const auto json = to_json(result);
  EXPECT_NEAR(json.at("with_conversions").at("time_us").at("median"), 8, 1e-9);
  EXPECT_EQ(json.at("with_conversions").at("entry").at("layouts"), "plain -> images-last");
  EXPECT_NEAR(json.at("with_conversions").at("over_dense").at("median"), 2, 1e-9);
  const std::string text = cuda_table({result});
  EXPECT_NE(text.find("with conversions us"), std::string::npos) << text;
  EXPECT_NE(text.find("16            8.00x                    8\n"), std::string::npos) << text;
  // Where one of them could not be timed there is no such figure, rather than one that leaves it out.
  EXPECT_FALSE(convolution_result(false).own_with_conversions);
  EXPECT_TRUE(to_json(convolution_result(false)).at("with_conversions").is_null());
  EXPECT_FALSE(example_result().own_with_conversions) << "a linear layer";
  EXPECT_FALSE(to_json(example_result()).contains("with_conversions"));
}

TEST(Evaluate, ConvolutionsInBf16StandBesideFp32Too) {
  const CudaCaseResult result = convolution_result();
  ASSERT_TRUE(result.against_fp32);
  EXPECT_NEAR(result.against_fp32->ratio.median, 8, 1e-9);
  EXPECT_EQ(to_json(result).at("against_fp32").at("baseline"), "dense");
  EXPECT_EQ(result.against_dense->over, "dense") << "and beside bf16 first of all";
  EXPECT_TRUE(result.against_coarser.empty());
}

TEST(CudaJson, HasWhatTheTableIsMadeFrom) {
  CudaCaseResult result = example_result();
  result.refused = {{"picky", Precision::kFp32, "no such shape"}};
  result.wrong = {{"liar", Precision::kFp32, "row 0: 1 instead of 2"}};
  result.before.sm_clock_mhz = 1980;
  result.before.throttle_reasons = 0x5;
  result.after.unavailable = "gone";
  const auto json = to_json(result);
  EXPECT_EQ(json.at("suite"), "spmv");
  EXPECT_EQ(json.at("shape"), "1000x2000");
  EXPECT_EQ(json.at("batch"), 1);
  EXPECT_EQ(json.at("density"), 0.1);
  EXPECT_EQ(json.at("nonzeros"), 200000);
  EXPECT_EQ(json.at("precision"), "fp32");
  EXPECT_EQ(json.at("caches"), "cold");
  EXPECT_NEAR(json.at("limits").at("sparse").at("us"), 2.212, 1e-9);
  EXPECT_EQ(json.at("limits").at("dense").at("set_by"), "HBM");
  ASSERT_EQ(json.at("kernels").size(), 5u);
  EXPECT_EQ(json["kernels"][0].at("kernel"), "ours");
  EXPECT_EQ(json["kernels"][0].at("own"), true);
  EXPECT_NEAR(json["kernels"][0].at("time_us").at("median"), 3, 1e-9);
  EXPECT_TRUE(json["kernels"][0].at("break_even_runs").is_null());
  EXPECT_EQ(json["kernels"][1].at("break_even_runs"), 2);
  EXPECT_EQ(json.at("against_sparse").at("baseline"), "library-sparse");
  EXPECT_EQ(json.at("against_sparse").at("speedup").at("median"), 2);
  EXPECT_NEAR(json.at("against_coarser").at("bf16").at("speedup").at("low"), 2.5, 1e-9);
  EXPECT_EQ(json.at("gpu").at("before").at("throttle_reasons"),
            nlohmann::ordered_json({"idle", "software power cap"}));
  EXPECT_TRUE(json.at("gpu").at("before").at("power_w").is_null());
  EXPECT_EQ(json.at("gpu").at("after").at("unavailable"), "gone");
  EXPECT_EQ(json.at("refused")[0].at("why"), "no such shape");
  EXPECT_EQ(json.at("wrong")[0].at("kernel"), "liar");
}

TEST(CudaJson, OfARunNamesDeviceAndCeilings) {
  CudaRunInfo info;
  info.suite = "spmv";
  info.rates = round_rates();
  info.planned = 4;
  auto json = to_json(info);
  EXPECT_TRUE(json.at("device").is_null());
  EXPECT_TRUE(json.at("ceilings").is_null());
  EXPECT_EQ(json.at("planned"), 4);
  EXPECT_TRUE(json.at("results").is_array());
  info.device.emplace();
  info.device->name = "Some GPU";
  info.device->major = 9;
  info.device->l2_bytes = 60;
  info.libraries = {{"cuSPARSE", "12.6", "somewhere", ""}, {"cuDNN", "", "", "not found"}};
  info.ceilings.emplace();
  info.ceilings->hbm_read_gb_s = {4000, 3900, 4100};
  json = to_json(info);
  EXPECT_EQ(json.at("device").at("compute_capability"), "9.0");
  EXPECT_EQ(json.at("libraries").size(), 2u);
  EXPECT_EQ(json.at("libraries")[0].at("version"), "12.6");
  EXPECT_EQ(json.at("libraries")[1].at("problem"), "not found");
  EXPECT_EQ(json.at("ceilings").at("hbm_read_gb_s").at("low"), 3900);
  EXPECT_TRUE(json.at("ceilings").at("mma_bf16_gflops").is_null()) << "not measured is not 0";

  const MachineRates rates = measured_rates(*info.device, *info.ceilings);
  EXPECT_FALSE(rates.assumed);
  EXPECT_EQ(rates.hbm_gb_s, 4000);
  EXPECT_EQ(rates.l2_bytes, 60);
}

TEST(CudaTable, ShowsBothSidesAndWhatWentWrong) {
  CudaCaseResult result = example_result();
  result.refused = {{"picky", Precision::kFp32, "no such shape"}};
  CudaCaseResult other = result;
  other.wrong = {{"liar", Precision::kFp32, "row 0: 1 instead of 2"}};
  other.before.throttle_reasons = 0x1 | 0x4;
  const std::string text = cuda_table({result, other});
  EXPECT_NE(text.find("1000x2000      1      10%  fp32  cold    ours (8 lanes)   3  library-sparse   6  "
                      "library-dense  20        2.00x  2.00-2.00       6.67x"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("4.07x       74%"), std::string::npos) << text;
  EXPECT_NE(text.find("not timed: picky in 2 cases: no such shape"), std::string::npos) << text;
  EXPECT_NE(text.find("WRONG: 1000x2000, batch 1, 10% density, fp32, cold: liar in fp32: row 0"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("held its clocks down in 1 of 2 cases: software power cap"), std::string::npos) << text;
  const std::string none = cuda_table({predicted(result.what, round_rates())});
  EXPECT_NE(none.find("4.07x"), std::string::npos) << "a case without kernels still has its limit";
  EXPECT_EQ(none.find("clocks"), std::string::npos);
}

}  // namespace
}  // namespace coppice
