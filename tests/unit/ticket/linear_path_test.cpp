#include "coppice/connect.h"
#include "coppice/prune.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "support/samples.h"
#include "ticket/path_json.h"

namespace coppice {
namespace {

Tensor floats(std::vector<float> values) {
  return tensor(DType::kF32, {static_cast<std::int64_t>(values.size())}, values);
}

TEST(Interpolate, WorkedOutByHand) {
  Tensors a, b;
  a["fc.weight"] = floats({1, 0, -2, 8});
  b["fc.weight"] = floats({3, 0, 2, 0});
  a["bn.running_var"] = floats({4});
  b["bn.running_var"] = floats({8});
  a["bn.num_batches_tracked"] = tensor(DType::kI64, {}, std::vector<std::int64_t>{10});
  b["bn.num_batches_tracked"] = tensor(DType::kI64, {}, std::vector<std::int64_t>{90});
  const Tensors quarter = interpolate(a, b, 0.25);
  EXPECT_EQ(quarter.at("fc.weight"), floats({1.5f, 0, -1, 6}));
  EXPECT_EQ(quarter.at("bn.running_var"), floats({5}));
  EXPECT_EQ(quarter.at("bn.num_batches_tracked"), a.at("bn.num_batches_tracked"));
  EXPECT_EQ(interpolate(a, b, 1).at("bn.num_batches_tracked"), a.at("bn.num_batches_tracked"));
}

TEST(Interpolate, TheEndsAreTheNetworksBitForBit) {
  // a + alpha (b - a) would lose the small number beside the great one.
  Tensors a, b;
  a["w"] = floats({1e30f, 1e-30f, -0.0f});
  b["w"] = floats({1e-30f, 1e30f, 0.0f});
  EXPECT_EQ(interpolate(a, b, 0), a);
  EXPECT_EQ(interpolate(a, b, 1), b);
  EXPECT_EQ(interpolate(a, a, 1.0 / 3), a) << "between a network and itself there is nothing else";
}

TEST(Interpolate, NetworksThatDifferAreRefused) {
  const Tensors a = {{"w", floats({1, 2})}}, longer = {{"w", floats({1, 2, 3})}},
                other = {{"v", floats({1})}};
  expect_refusal([&] { interpolate(a, longer, 0.5); }, {"tensors w differ"});
  expect_refusal([&] { interpolate(a, other, 0.5); }, {"only one", "tensor w"});
  Tensors more = a;
  more["z"] = floats({1});
  expect_refusal([&] { interpolate(a, more, 0.5); }, {"only one", "tensor z"});
}

TEST(Barrier, TheHighestErrorLessTheMeanOfTheEnds) {
  // Errors 10%, 30%, 25%, 20%: 30 - (10 + 20) / 2 = 15 pp. Losses 1, 2, 4, 3: 4 - 2 = 2.
  const PathSplit path{Split::kTest, {{100, 100, 90}, {100, 200, 70}, {100, 400, 75}, {100, 300, 80}}};
  EXPECT_EQ(path.error_barrier_pp(), 15);
  EXPECT_NEAR(path.loss_barrier(), 2, 1e-12);
  // Better on the way than at both ends: the ends count too, so the barrier is their difference by half.
  const PathSplit valley{Split::kTest, {{100, 0, 90}, {100, 0, 99}, {100, 0, 80}}};
  EXPECT_EQ(valley.error_barrier_pp(), 5);
  // Just 2 pp is not below 2 pp, whatever the number of examples; the test set has no say.
  for (const std::int64_t n : {50, 300, 5000, 8950}) {
    const std::int64_t two = n / 50;
    LinearPath just{{0, 0.5, 1}, {{Split::kValidation, {{n, 0, n}, {n, 0, n - two}, {n, 0, n}}}}};
    EXPECT_FALSE(connected(just)) << n;
    just.splits[0].along[1].correct += 1;
    EXPECT_TRUE(connected(just)) << n;
    just.splits.push_back({Split::kTest, {{n, 0, n}, {n, 0, 0}, {n, 0, n}}});
    EXPECT_TRUE(connected(just)) << n;
    EXPECT_EQ(deciding(just).split, Split::kValidation);
  }
}

TEST(Barrier, PathsSurviveJson) {
  LinearPath path{{0, 0.5, 1},
                  {{Split::kTrain, {{10, 1.5, 9}, {10, std::nan(""), 1}, {10, 2.25, 8}}},
                   {Split::kTest, {{7, 1, 6}, {7, 2, 5}, {7, 3, 4}}}}};
  const LinearPath back = path_from_json(nlohmann::ordered_json::parse(to_json(path).dump()));
  EXPECT_EQ(back.alpha, path.alpha);
  ASSERT_EQ(back.splits.size(), 2u);
  EXPECT_EQ(back.splits[1].along, path.splits[1].along);
  EXPECT_EQ(back.splits[0].along[2], path.splits[0].along[2]);
  EXPECT_TRUE(std::isnan(back.splits[0].along[1].loss_sum));
  EXPECT_EQ(to_json(path)["test"]["error"][2].get<double>(), 3.0 / 7);
}

class Path : public ::testing::Test {
 protected:
  Path() {
    config.data.dataset = "synthetic";
    config.data.synthetic_shape = {1, 6, 6};
    config.data.synthetic_examples = 1800;
    config.data.validation = 300;
    data = load_data(config.data);
    network = complete({"mine",
                        data.pool.image,
                        data.classes,
                        {{.op = Op::kFlatten, .name = "flat"},
                         {.op = Op::kLinear, .name = "h", .out = kHidden},
                         {.op = Op::kRelu, .name = "r"},
                         {.op = Op::kLinear, .name = "o", .out = data.classes}}});
    masks = full_masks(network, {});
    engine = make_engine(network, data, config.train, {"cpu", 0, 1});
  }

  Tensors trained(std::uint64_t seed) {
    engine->load(initialise(network, "kaiming-normal", "ones", seed), masks, seed, 0);
    engine->train(0, 200);
    return engine->weights();
  }

  /// The same function with its hidden units in the opposite order.
  Tensors reversed(const Tensors& weights) const {
    Tensors out = weights;
    const std::int64_t pixels = data.pool.image.size();
    for (std::int64_t unit = 0; unit < kHidden; ++unit) {
      const std::int64_t from = kHidden - 1 - unit;
      for (std::int64_t i = 0; i < pixels; ++i)
        out["h.weight"].as<float>()[unit * pixels + i] =
            weights.at("h.weight").as<float>()[from * pixels + i];
      out["h.bias"].as<float>()[unit] = weights.at("h.bias").as<float>()[from];
      for (std::int64_t i = 0; i < data.classes; ++i)
        out["o.weight"].as<float>()[i * kHidden + unit] =
            weights.at("o.weight").as<float>()[i * kHidden + from];
    }
    return out;
  }

  static constexpr std::int64_t kHidden = 16;
  Config config;
  Data data;
  Network network;
  Masks masks;
  std::unique_ptr<Engine> engine;
};

TEST_F(Path, FromANetworkToItselfNothingRises) {
  const Tensors weights = trained(1);
  const LinearPath path = walk_path(*engine, weights, weights, masks, {Split::kValidation, Split::kTest});
  EXPECT_EQ(path.alpha.size(), static_cast<std::size_t>(kPathPoints + 2));
  EXPECT_EQ(path.alpha.front(), 0);
  EXPECT_EQ(path.alpha.back(), 1);
  ASSERT_EQ(path.splits.size(), 2u);
  for (const PathSplit& split : path.splits) {
    EXPECT_EQ(split.error_barrier_pp(), 0);
    EXPECT_EQ(split.loss_barrier(), 0);
    EXPECT_EQ(split.along.size(), path.alpha.size());
  }
  EXPECT_EQ(path.splits[0].along[5].examples, 300);
}

TEST_F(Path, HiddenUnitsInAnotherOrderAreTheSameFunctionAcrossABarrier) {
  const Tensors weights = trained(1), same = reversed(weights);
  ASSERT_NE(weights, same);
  int told = 0;
  const LinearPath path = walk_path(*engine, weights, same, masks, {Split::kTest}, 9, [&](int done, int of) {
    EXPECT_EQ(done, ++told);
    EXPECT_EQ(of, 11);
  });
  const std::vector<Tally>& along = path.splits[0].along;
  EXPECT_EQ(along.front().correct, along.back().correct);
  EXPECT_GT(along.front().accuracy(), 0.6) << "it learned something";
  EXPECT_GT(path.splits[0].error_barrier_pp(), 10);
  EXPECT_GT(path.splits[0].loss_barrier(), 0.1);
  EXPECT_EQ(path.alpha[5], 0.5);
  // The ends are what evaluating the networks by themselves gives.
  engine->load(weights, masks, 0, 0);
  EXPECT_EQ(engine->evaluate(Split::kTest), along.front());
}

TEST_F(Path, MasksHoldOnTheWay) {
  Tensors a = trained(1), b = trained(2);
  Masks half = masks;
  for (std::int64_t i = 0; i < half[0].mask.size(); i += 2) half[0].mask.set(i, false);
  const auto at_middle = [&](const Masks& under) {
    return walk_path(*engine, a, b, under, {Split::kTest}, 1).splits[0].along[1];
  };
  const Tally whole = at_middle(masks), masked = at_middle(half);
  apply_masks(half, a);
  apply_masks(half, b);
  EXPECT_EQ(at_middle(masks), masked) << "pruned at both ends is pruned between";
  EXPECT_NE(whole, masked);
}

}  // namespace
}  // namespace coppice
