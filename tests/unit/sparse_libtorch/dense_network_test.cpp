#include "sparse/libtorch/dense_network.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/libtorch/threads.h"
#include "sparse/libtorch/onednn_ops.h"
#include "unit/sparse_libtorch/examples.h"

namespace coppice {
namespace {

std::vector<float> random_images(const Program& program, std::int64_t images, Random& random) {
  const Value& image = program.values[0];
  std::vector<float> x(static_cast<std::size_t>(images * image.channels * image.height * image.width));
  for (float& value : x) value = uniform(random);
  return x;
}

void expect_close(const std::vector<float>& expected, const std::vector<float>& logits) {
  float largest = 0;
  for (float value : expected) largest = std::max(largest, std::abs(value));
  ASSERT_GT(largest, 0);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(logits[i], expected[i], 1e-5 * largest) << "logit " << i;
  }
}

TEST(DenseNetwork, EveryWayGivesWhatPlainLoopsGive) {
  Random random(1);
  const Program program = example_program(random);
  for (std::int64_t images : {1, 2, 17}) {
    set_threads(images == 1 ? 2 : 1);
    const std::vector<float> x = random_images(program, images, random);
    const std::vector<float> expected = reference_logits(program, images, x);
    for (const auto& network : dense_networks(program, images)) {
      SCOPED_TRACE(testing::Message() << network->name() << ", " << images << " images");
      for (int again = 0; again < 2; ++again) {  // nothing of the first run may linger
        const std::vector<float> copy = x;
        std::vector<float> logits(expected.size(), NAN);
        network->run(copy.data(), logits.data());
        expect_close(expected, logits);
        EXPECT_EQ(copy, x) << "the images were overwritten";
      }
    }
  }
}

Step addition(std::vector<std::size_t> inputs, std::size_t output, bool relu) {
  Step step;
  step.kind = Step::Kind::kAdd;
  step.inputs = std::move(inputs);
  step.output = output;
  step.relu = relu;
  return step;
}

Step flatten(std::size_t input, std::size_t output) {
  Step step;
  step.kind = Step::Kind::kFlatten;
  step.inputs = {input};
  step.output = output;
  return step;
}

Step layer_step(kernels::Layer layer, std::vector<std::size_t> inputs, std::size_t output) {
  Step step;
  step.layer = std::move(layer);
  step.layer.residual = inputs.size() > 1;
  step.inputs = std::move(inputs);
  step.output = output;
  return step;
}

void expect_right(const Program& program, Random& random) {
  const std::vector<float> x = random_images(program, 2, random);
  const std::vector<float> expected = reference_logits(program, 2, x);
  for (const auto& network : dense_networks(program, 2)) {
    SCOPED_TRACE(network->name());
    const std::vector<float> copy = x;
    std::vector<float> logits(expected.size(), NAN);
    network->run(copy.data(), logits.data());
    expect_close(expected, logits);
    EXPECT_EQ(copy, x) << "the images were overwritten";
  }
}

TEST(DenseNetwork, ImagesAreNeverOverwritten) {
  Random random(2);
  const Value image{"x", 4, 3, 3, 1}, features{"", 36, 1, 1, 0};
  const kernels::Layer convolution = random_layer({4, 4, 3, 3, 3, 3, 1, 1, 1}, 1, random);
  // Each reads the image for the last time: a ReLU, a sum of a view of it, a residual.
  expect_right({{image, image}, {addition({0}, 1, true)}}, random);
  expect_right({{image, features, features}, {flatten(0, 1), addition({1}, 2, true)}}, random);
  expect_right({{image, image}, {layer_step(convolution, {0, 0}, 1)}}, random);
}

TEST(DenseNetwork, WhatIsReadAgainIsNotOverwritten) {
  Random random(6);
  const Value image{"x", 4, 3, 3, 1}, features{"", 36, 1, 1, 0};
  const kernels::Layer convolution = random_layer({4, 4, 3, 3, 3, 3, 1, 1, 1}, 1, random);
  const kernels::Layer linear = random_layer({36, 4, 3, 3, 3, 3}, 1, random);
  // Value 2 views value 1, is spent by the ReLU, and value 1 is read after that.
  expect_right({{image, image, features, features, features},
                {layer_step(convolution, {0}, 1), flatten(1, 2), addition({2}, 3, true),
                 layer_step(linear, {1, 3}, 4)}},
               random);
  // One value three times in one sum.
  expect_right({{image, image, image}, {layer_step(convolution, {0}, 1), addition({1, 1, 1}, 2, false)}},
               random);
}

TEST(DenseNetwork, FourWaysOnX86) {
  Random random(3);
  const auto networks = dense_networks(example_program(random), 1);
  ASSERT_GE(networks.size(), 3u);
  EXPECT_EQ(networks[0]->name(), "libtorch");
  EXPECT_EQ(networks[1]->name(), "libtorch channels-last");
#if defined(__x86_64__)
  ASSERT_EQ(networks.size(), 4u);  // whoever lacks it here lost the strongest baseline
  EXPECT_EQ(networks[2]->name(), "onednn prepacked");
#endif
  EXPECT_EQ(networks.back()->name(), "libtorch fastest of each layer");
}

TEST(OnednnOps, WeightsArePacked) {
  const OnednnOps* ops = OnednnOps::get();
  if (!ops) GTEST_SKIP() << "this LibTorch comes without oneDNN's packed operations";
  const at::Tensor packed =
      ops->pack_convolution(at::rand({32, 32, 3, 3}), {32, 32, 8, 8, 3, 3, 1, 1, 1}, 16);
  EXPECT_TRUE(packed.is_mkldnn());  // with a plain tensor the operation would pack it in every call
  EXPECT_TRUE(ops->pack_linear(at::rand({8, 8}), 4).is_mkldnn());
}

}  // namespace
}  // namespace coppice
