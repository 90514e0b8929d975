// What holds for derivatives beside their values, which scores_test.cpp compares with PyTorch.
#include <algorithm>
#include <set>

#include "unit/train_libtorch/support.h"

namespace coppice {
namespace {

/// Derivatives over random data of a network.
struct Setting {
  explicit Setting(const Network& given, std::int64_t examples = 40)
      : network(given), data(random_data(network.input, network.classes, examples)) {}
  std::unique_ptr<Derivatives> make(std::int64_t examples, int threads = 1, std::int64_t level = 0) const {
    return make_derivatives(
        {network, [this]() -> const Data& { return data; }, examples, 16, cpu(threads), 5, level});
  }
  Network network;
  Data data;
};

TEST(Derivatives, TheSameSeedAndThreadsGiveTheSameBits) {
  const Setting setting(small_network());
  const Tensors weights = random_weights(setting.network);
  const Masks masks = random_masks(setting.network, 0.7);
  for (const int threads : {1, 2}) {
    const auto one = setting.make(36, threads), other = setting.make(36, threads);
    const PerWeight g = one->gradient(masks, weights, 1);
    EXPECT_EQ(g, other->gradient(masks, weights, 1));
    EXPECT_EQ(g, one->gradient(masks, weights, 1)) << "asked again";
    EXPECT_EQ(one->hessian_times(masks, weights, g, 200), other->hessian_times(masks, weights, g, 200));
    EXPECT_EQ(one->squared_gradient(masks, weights), other->squared_gradient(masks, weights));
    EXPECT_EQ(one->fisher_diagonal(masks, weights), other->fisher_diagonal(masks, weights));
    EXPECT_EQ(one->synaptic_flow(masks, weights), other->synaptic_flow(masks, weights));
    EXPECT_NE(g, setting.make(36, threads, 1)->gradient(masks, weights, 1)) << "another level's examples";
  }
}

TEST(Derivatives, WhatStandsUnderTheMasksDoesNotCount) {
  const Setting setting(small_network());
  const Tensors weights = random_weights(setting.network);
  const Masks masks = random_masks(setting.network, 0.7);
  Tensors masked = weights;
  apply_masks(masks, masked);
  const auto derivatives = setting.make(36);
  const PerWeight g = derivatives->gradient(masks, weights, 1);
  EXPECT_EQ(g, derivatives->gradient(masks, masked, 1));
  EXPECT_EQ(derivatives->fisher_diagonal(masks, weights), derivatives->fisher_diagonal(masks, masked));
  EXPECT_EQ(derivatives->synaptic_flow(masks, weights), derivatives->synaptic_flow(masks, masked));
  for (std::size_t layer = 0; layer < masks.size(); ++layer) {
    for (std::int64_t i = 0; i < masks[layer].mask.size(); ++i)
      ASSERT_TRUE(masks[layer].mask.get(i) || g[layer][static_cast<std::size_t>(i)] == 0);
  }
}

TEST(Derivatives, FlowNeedsNoData) {
  const Network network = small_network();
  const auto derivatives = make_derivatives(
      {network, []() -> const Data& { throw Failure("no data here"); }, 10, 10, cpu(1), 1, 0});
  const Masks masks = full_masks(network, {});
  const Tensors weights = random_weights(network);
  EXPECT_EQ(derivatives->synaptic_flow(masks, weights).size(), masks.size());
  EXPECT_THROW(derivatives->gradient(masks, weights, 1), Failure);
}

TEST(Derivatives, RefuseWhatDoesNotFit) {
  const Setting setting(small_network());
  const Tensors weights = random_weights(setting.network);
  const auto derivatives = setting.make(10);
  EXPECT_THROW(derivatives->gradient(full_masks(setting.network, {}), {}, 1), BadInput);
  EXPECT_THROW(derivatives->gradient({{"c1.weight", Mask::ones({6, 3})}}, weights, 1), BadInput);
  EXPECT_THROW(derivatives->gradient({{"bn1.weight", Mask::ones({6})}}, weights, 1), BadInput);
}

TEST(ScoreExamples, AreTrainingExamplesEachOnceAndDependOnSeedAndLevel) {
  Data data = random_data({1, 4, 4, false}, 2, 80, 40);           // 40 to train on, ...
  for (std::uint32_t& index : data.train) index = 2 * index + 1;  // ... not the first ones of the pool
  const std::vector<std::uint32_t> chosen = score_examples(data, 25, 7, 1);
  EXPECT_EQ(chosen.size(), 25u);
  EXPECT_EQ(std::set(chosen.begin(), chosen.end()).size(), 25u);
  for (const std::uint32_t index : chosen)
    EXPECT_TRUE(std::binary_search(data.train.begin(), data.train.end(), index));
  EXPECT_EQ(chosen, score_examples(data, 25, 7, 1));
  EXPECT_NE(chosen, score_examples(data, 25, 8, 1));
  EXPECT_NE(chosen, score_examples(data, 25, 7, 2));
  EXPECT_EQ(score_examples(data, 1000, 7, 1).size(), 40u);
}

/// Gradient descent on all examples at once, so that each step's gradient can be taken apart from the engine:
/// the sum kept along the way is what the score says, less half the sum of squared steps.
TEST(Movement, TelescopesToItsStatedRemainder) {
  const Setting setting(
      complete({"mlp",
                {1, 6, 6, false},
                4,
                {node(Op::kFlatten, "flat"), linear("fc1", 12), node(Op::kRelu, "relu"), linear("fc2", 4)}}));
  TrainConfig config;
  config.batch = setting.data.count(Split::kTrain);
  config.learning_rate = 0.02;
  constexpr std::int64_t kSteps = 40;
  const Masks masks = random_masks(setting.network, 0.8);
  Tensors start = initialise(setting.network, "kaiming-normal", "ones", 2);
  apply_masks(masks, start);
  const auto engine = make_engine(setting.network, setting.data, config, cpu(1));
  engine->load(start, masks, 1, 0);
  const auto derivatives = setting.make(config.batch);

  PerWeight sum(masks.size()), squares(masks.size());
  for (std::size_t layer = 0; layer < masks.size(); ++layer) {
    sum[layer].resize(static_cast<std::size_t>(masks[layer].mask.size()));
    squares[layer] = sum[layer];
  }
  for (std::int64_t step = 0; step < kSteps; ++step) {
    const Tensors weights = engine->weights();
    const PerWeight g = derivatives->gradient(masks, weights, 1);
    for (std::size_t layer = 0; layer < masks.size(); ++layer) {
      const auto w = weights.at(masks[layer].name).as<float>();
      for (std::size_t i = 0; i < w.size(); ++i) {
        const double d = -config.learning_rate * g[layer][i];
        sum[layer][i] += d * w[i];
        squares[layer][i] += d * d;
      }
    }
    engine->train(step, step + 1);
  }
  const Tensors end = engine->weights();
  const Scores scores = score("movement", {masks, end, 1, 0, [&] { return start; }});
  double largest = 0, largest_remainder = 0, worst = 0;
  for (std::size_t layer = 0; layer < masks.size(); ++layer) {
    for (std::size_t i = 0; i < scores[layer].size(); ++i) {
      const double remainder = squares[layer][i] / 2;
      largest = std::max(largest, std::abs(sum[layer][i]));
      largest_remainder = std::max(largest_remainder, remainder);
      worst = std::max(worst, std::abs(scores[layer][i] - remainder - sum[layer][i]));
    }
  }
  EXPECT_LE(worst, 1e-5 * largest);
  EXPECT_LE(largest_remainder, 0.05 * largest) << "steps are not small";
  EXPECT_GE(largest_remainder, 1e-4 * largest) << "the remainder would not be seen";
}

}  // namespace
}  // namespace coppice
