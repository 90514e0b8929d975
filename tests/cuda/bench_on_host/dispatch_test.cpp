// The choice of a kernel as a model would make it, with our own kernels run on the host and libraries that
// stand in for CUDA's.
#include <algorithm>

#include "cuda/linear_cases.h"
#include "gtest/gtest.h"
#include "kernels/cuda/dispatch/choose.h"
#include "kernels/cuda/dispatch/graph_trials.h"

namespace coppice::kernels {
namespace {

class DispatchOnHost : public testing::TestWithParam<WeightsFrom> {};

TEST_P(DispatchOnHost, WhatIsChosenGivesTheLayersOutputs) {
  std::string why;
  const CudaDevice device = cuda_devices(&why).front();
  std::mt19937 random(5);
  Layer layer = linear_layer(40, 90);
  fill_rows(layer, Rows::kEven, 0.1, Precision::kBf16, random);
  give_bias(layer, random);
  const CudaRequest request{layer, 3, Precision::kBf16, {}, {}, device};
  CudaCandidates candidates = own_cuda_candidates();
  const std::size_t own = candidates.size();
  const CudaCandidates libraries = cuda_library_candidates();
  candidates.insert(candidates.end(), libraries.begin(), libraries.end());
  std::erase_if(candidates, [](const auto& one) { return one->name() == "liar"; });  // nobody checks outputs
  GraphTrials trials(request, GetParam());
  CudaChoice choice = choose_cuda_runner(request, candidates, trials);
  EXPECT_EQ(choice.runner->variant(), choice.chosen().variant);
  EXPECT_GT(choice.chosen().seconds, 0);
  const auto of = [&](const std::string& kernel) {
    return std::find_if(choice.tried.begin(), choice.tried.end(),
                        [&](const CudaTried& one) { return one.kernel == kernel; });
  };
  EXPECT_EQ(choice.tried.front().kernel, "packed-spmv") << "the likeliest for three columns";
  EXPECT_EQ(of("thrower")->why_not, "no memory left");
  EXPECT_EQ(of("picky")->why_not, "not today");
  ASSERT_NE(of("good-dense"), choice.tried.end());
  EXPECT_TRUE(of("good-dense")->seconds);
  for (std::size_t i = 0; i < own; ++i) EXPECT_NE(of(candidates[i]->name()), choice.tried.end());

  LinearData data = draw_data(request, random);
  define(request, data);
  expect_right(request, data, run_on(*choice.runner, request, data), choice.chosen().kernel);
}

INSTANTIATE_TEST_SUITE_P(, DispatchOnHost, testing::Values(WeightsFrom::kCache, WeightsFrom::kMemory));

TEST(TrialOperandsOnHost, AreAsLargeAsTheLayerNeeds) {
  std::string why;
  const CudaDevice device = cuda_devices(&why).front();
  Layer layer = linear_layer(300, 500);
  const TrialOperands halves({layer, 200, Precision::kBf16, {}, {}, device});
  EXPECT_EQ(halves.x.bytes(), 2 * 200 * 500);
  EXPECT_EQ(halves.y.bytes(), 2 * 200 * 300);
  EXPECT_EQ(halves.residual.bytes(), 0);
  EXPECT_EQ(halves.residual.data(), nullptr);
  layer.residual = true;
  const TrialOperands floats({layer, 200, Precision::kFp32, {}, {}, device});
  EXPECT_EQ(floats.residual.bytes(), 4 * 200 * 300);
  const std::vector<float> x = on_host<float>(floats.x);
  EXPECT_EQ(x[65536], x[0]) << "it repeats";
  for (const float value : x) ASSERT_LE(std::abs(value), 1);
  EXPECT_NE(x[0], x[1]);
}

}  // namespace
}  // namespace coppice::kernels
