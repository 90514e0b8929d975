// Is it the right arithmetic? Against double precision, and against LibTorch.
#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"
#include "reference.h"
#include "setting.h"
#include "train/libtorch/engine.h"

namespace coppice {
namespace {

std::vector<reference::Layer> layers_of(const Network& network) {
  std::vector<reference::Layer> layers;
  std::int64_t in = network.input.size();
  for (const Node& node : network.nodes) {
    if (node.op == Op::kRelu) layers.back().relu = true;
    if (node.op != Op::kLinear) continue;
    layers.push_back({node.name, in, node.out, false, node.bias});
    in = node.out;
  }
  return layers;
}

void expect_near(const Tensors& tensors, const std::string& name, const std::vector<double>& expected,
                 double tolerance) {
  if (!tensors.contains(name)) {
    EXPECT_TRUE(std::all_of(expected.begin(), expected.end(), [](double x) { return x == 0; })) << name;
    return;
  }
  const auto values = tensors.at(name).as<float>();
  ASSERT_EQ(values.size(), expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i)
    worst = std::max(worst, std::abs(values[i] - expected[i]));
  EXPECT_LT(worst, tolerance) << name;
}

// 100 steps under masks with every way of sharing the work out, and an evaluation.
void compare(const Network& network, const Data& data, const TrainConfig& config, int threads,
             double tolerance = 1e-5) {
  const Tensors start = start_of(network);
  const Masks masks = random_masks(network, 0.6);
  reference::Mlp expected(layers_of(network), data, config, start, masks);
  const auto engine = make_mlp_engine(network, data, config, cpu(threads));
  engine->load(start, masks, 5, 2);
  const Tally tally = engine->train(0, 100), expected_tally = expected.train(0, 100, 5, 2);
  EXPECT_EQ(tally.examples, expected_tally.examples);
  EXPECT_NEAR(tally.loss(), expected_tally.loss(), 1e-5);
  EXPECT_EQ(tally.correct, expected_tally.correct);
  const Tensors weights = engine->weights();
  const auto layers = layers_of(network);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    expect_near(weights, layers[i].name + ".weight", expected.weight(i), tolerance);
    expect_near(weights, layers[i].name + ".bias", expected.bias(i), tolerance);
  }
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const Tally seen = engine->evaluate(split), wanted = expected.evaluate(split);
    EXPECT_EQ(seen.examples, wanted.examples);
    EXPECT_NEAR(seen.loss(), wanted.loss(), 1e-4);
    EXPECT_EQ(seen.correct, wanted.correct);
  }
}

// 105 training examples: batches of 24 leave one of 9.
TEST(MlpAccuracy, PlainSgd) {
  const Data data = small_data();
  ASSERT_EQ(data.count(Split::kTrain) % 24, 9);
  for (const int threads : {1, 2, 3, 4}) compare(chain_of(data, {37, 20}), data, sgd(0.05), threads);
}

TEST(MlpAccuracy, SgdWithMomentumAndDecay) {
  const Data data = small_data();
  for (const int threads : {1, 3}) compare(chain_of(data, {37, 20}), data, sgd(0.02, 0.9, 1e-3), threads);
  compare(chain_of(data, {37, 20}), data, sgd(0.05, 0, 1e-2), 2);
}

TEST(MlpAccuracy, Adam) {
  const Data data = small_data();
  // Where a gradient is tiny Adam divides noise by noise: epsilon keeps that out of the comparison.
  for (const double decay : {0.0, 1e-3}) {
    TrainConfig config = adam(1e-3, decay);
    config.epsilon = 1e-4;
    for (const int threads : {1, 2}) compare(chain_of(data, {37, 20}), data, config, threads);
  }
}

TEST(MlpAccuracy, ScheduleAndWarmUp) {
  const Data data = small_data();
  TrainConfig config = sgd(0.05);
  config.schedule = "step";
  config.milestones = {{5, 0}, {10, 0}};
  config.warmup = {0, 7};
  compare(chain_of(data, {20}), data, config, 2);
}

TEST(MlpAccuracy, OneLayerWideLayersNoBiasAndLargeBatches) {
  const Data data = small_data();
  compare(chain_of(data, {}), data, sgd(0.05), 2);
  compare(chain_of(data, {150}), data, sgd(0.02), 2);
  compare(chain_of(data, {33, 18}, false), data, sgd(0.05), 3);
  const Data more = small_data({2, 3, 5}, 400);
  TrainConfig config = sgd(0.02);
  config.batch = 200;  // more than a block of the matrix kernel
  compare(chain_of(more, {70, 20}), more, config, 2);
  config.momentum = 0.5;
  compare(chain_of(more, {70, 20}), more, config, 2);
}

TEST(MlpAccuracy, LinearLayersWithoutReluBetween) {
  const Data data = small_data();
  Network network;
  network.name = "deep linear";
  network.input = data.pool.image;
  network.classes = data.classes;
  network.nodes = {node(Op::kFlatten, "flat"), node(Op::kLinear, "a", 20),
                   node(Op::kLinear, "b", data.classes)};
  compare(complete(network), data, sgd(0.01), 2);
}

TEST(MlpAccuracy, AugmentedBatches) {
  Data data = small_data();
  data.augment = "flip-crop";
  compare(chain_of(data, {20}), data, sgd(0.02), 2);
}

TEST(MlpAccuracy, FollowsTheLibtorchEngine) {
  const Data data = small_data({1, 12, 12}, 600, 10);
  const Network network = build_network("lenet-300-100", data.pool.image, data.classes);
  TrainConfig config = sgd(0.05, 0.9, 1e-4);
  config.batch = 64;
  const Masks masks = random_masks(network, 0.5);
  const auto own = make_mlp_engine(network, data, config, cpu(2));
  const auto torch = make_libtorch_engine(network, data, config, cpu(2));
  for (const auto& engine : {own.get(), torch.get()}) {
    engine->load(start_of(network), masks, 1, 0);
    engine->train(0, 20);
  }
  const Tensors a = own->weights(), b = torch->weights();
  const Tensors state_a = own->optimizer_state(), state_b = torch->optimizer_state();
  ASSERT_EQ(a.size(), b.size());
  ASSERT_EQ(state_a.size(), state_b.size());
  for (const auto& [mine, theirs] : {std::pair{&a, &b}, std::pair{&state_a, &state_b}}) {
    for (const auto& [name, tensor] : *mine) {
      ASSERT_TRUE(theirs->contains(name)) << name;
      ASSERT_EQ(tensor.shape, theirs->at(name).shape) << name;
      const auto x = tensor.as<float>(), y = theirs->at(name).as<float>();
      for (std::size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], y[i], 2e-5) << name << " " << i;
    }
  }
}

}  // namespace
}  // namespace coppice
