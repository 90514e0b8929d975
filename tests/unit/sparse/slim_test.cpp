// Which units go, counted by hand.
#include "sparse/slim.h"

#include "support/samples.h"
#include "unit/sparse/support.h"

namespace coppice {
namespace {

/// Without the dead units, given that the logits stay the same.
SlimNetwork slim(const Network& network, const Tensors& tensors) {
  const SlimNetwork result = remove_dead_units(network, tensors, {});
  check_tensors(result.network, result.tensors, "slim");
  const std::vector<float> images = random_images(network, 3, 1);
  expect_same_logits(reference_logits(result.network, result.tensors, images),
                     reference_logits(network, tensors, images));
  return result;
}

std::vector<float> floats(const SlimNetwork& from, const std::string& name) {
  const auto values = from.tensors.at(name).as<float>();
  return {values.begin(), values.end()};
}

/// x(2) -> fc1(3) -> relu -> fc2(3) -> relu -> fc3(2), all weights 1, biases 0.
Network mlp() {
  return complete({"mlp",
                   {2, 1, 1, false},
                   2,
                   {node(Op::kFlatten, "f"), linear("fc1", 3), node(Op::kRelu, "r1"), linear("fc2", 3),
                    node(Op::kRelu, "r2"), linear("fc3", 2)}});
}

TEST(Slim, AWholeNetworkStays) {
  const Tensors tensors = random_tensors(mlp(), 1);
  const SlimNetwork result = slim(mlp(), tensors);
  EXPECT_EQ(result.units, 8);
  EXPECT_EQ(result.removed, 0);
  EXPECT_EQ(result.network, mlp());
  EXPECT_EQ(result.tensors, tensors);
}

TEST(Slim, AnEmptyRowGoesUnlessItsBiasPassesTheRelu) {
  for (const float bias : {-1.0f, 0.0f, 1.0f}) {
    Tensors tensors = random_tensors(mlp(), 1);
    fill(tensors, "fc1.weight", 2, 4, 0);
    fill(tensors, "fc1.bias", 1, 2, bias);
    const SlimNetwork result = slim(mlp(), tensors);
    EXPECT_EQ(result.removed, bias > 0 ? 0 : 1) << bias;
    if (bias > 0) continue;
    const auto fc1 = tensors.at("fc1.weight").as<float>(), fc2 = tensors.at("fc2.weight").as<float>();
    EXPECT_EQ(floats(result, "fc1.weight"), (std::vector<float>{fc1[0], fc1[1], fc1[4], fc1[5]}));
    EXPECT_EQ(floats(result, "fc2.weight"),
              (std::vector<float>{fc2[0], fc2[2], fc2[3], fc2[5], fc2[6], fc2[8]}));
    EXPECT_EQ(result.tensors.at("fc3.weight"), tensors.at("fc3.weight"));
    EXPECT_EQ(result.network.nodes[1].out, 2);
  }
}

TEST(Slim, AnEmptyRowWithoutReluGoesOnlyAtZero) {
  const Network network = complete(
      {"linear", {2, 1, 1, false}, 2, {node(Op::kFlatten, "f"), linear("fc1", 3), linear("fc2", 2)}});
  Tensors tensors = random_tensors(network, 1);
  fill(tensors, "fc1.weight", 2, 4, 0);
  fill(tensors, "fc1.bias", 1, 2, -1);
  EXPECT_EQ(slim(network, tensors).removed, 0);
  fill(tensors, "fc1.bias", 1, 2, 0);
  EXPECT_EQ(slim(network, tensors).removed, 1);
}

TEST(Slim, UnitsThatNobodyReadsGoAndTakeTheirFeedersAlong) {
  Tensors tensors = random_tensors(mlp(), 1);
  fill(tensors, "fc1.bias", 0, 3, 1);
  for (const std::size_t unread : {1, 4}) fill(tensors, "fc3.weight", unread, unread + 1, 0);
  EXPECT_EQ(slim(mlp(), tensors).removed, 1);  // fc2's unit 1
  for (const std::size_t unread : {0, 6}) fill(tensors, "fc2.weight", unread, unread + 1, 0);
  const SlimNetwork result = slim(mlp(), tensors);  // fc1's unit 0 was read by that one alone
  EXPECT_EQ(result.removed, 2);
  EXPECT_EQ(result.tensors.at("fc1.weight").shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(result.tensors.at("fc2.weight").shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(result.tensors.at("fc3.weight").shape, (std::vector<std::int64_t>{2, 2}));
}

TEST(Slim, ZerosGoOnForward) {
  Tensors tensors = random_tensors(mlp(), 1);
  fill(tensors, "fc1.weight", 0, 2, 0);
  fill(tensors, "fc1.bias", 0, 1, -1);
  fill(tensors, "fc2.weight", 1, 3, 0);  // unit 0 reads nothing but fc1's unit 0
  fill(tensors, "fc2.bias", 0, 1, -1);
  EXPECT_EQ(slim(mlp(), tensors).removed, 2);
  fill(tensors, "fc2.bias", 0, 1, 1);  // now it is 1, fc1's unit still goes
  const SlimNetwork result = slim(mlp(), tensors);
  EXPECT_EQ(result.removed, 1);
  EXPECT_EQ(result.network.nodes[3].out, 3);
}

TEST(Slim, EveryLayerKeepsAUnitAndTheLogitsAllOfTheirs) {
  Tensors tensors = plain_tensors(mlp(), 0);
  fill(tensors, "fc3.bias", 0, 1, 5);
  const SlimNetwork result = slim(mlp(), tensors);
  EXPECT_EQ(result.removed, 4);
  EXPECT_EQ(result.network.nodes[1].out, 1);
  EXPECT_EQ(result.network.nodes[3].out, 1);
  EXPECT_EQ(result.network.nodes[5].out, 2);
  EXPECT_EQ(floats(result, "fc3.bias"), (std::vector<float>{5, 0}));
}

/// a -> ra -> b -> s = b + ra -> g -> fc; two channels throughout.
Network residual() {
  return complete({"residual",
                   {2, 4, 4, false},
                   2,
                   {conv("a", 2, 3, 1), node(Op::kRelu, "ra"), conv("b", 2, 3, 1),
                    node(Op::kAdd, "s", {"b", "ra"}), node(Op::kGlobalAvgPool, "g"), linear("fc", 2)}});
}

TEST(Slim, ChannelsThatAnAdditionJoinsGoTogether) {
  Tensors tensors = random_tensors(residual(), 1);
  fill(tensors, "a.bias", 0, 2, -1);
  fill(tensors, "b.bias", 0, 2, 0);
  fill(tensors, "b.weight", 0, 18, 0);
  EXPECT_EQ(slim(residual(), tensors).removed, 0);  // a's channel 0 passes by
  fill(tensors, "a.weight", 0, 18, 0);
  const SlimNetwork result = slim(residual(), tensors);
  EXPECT_EQ(result.removed, 2);
  EXPECT_EQ(result.tensors.at("a.weight").shape, (std::vector<std::int64_t>{1, 2, 3, 3}));
  EXPECT_EQ(result.tensors.at("b.weight").shape, (std::vector<std::int64_t>{1, 1, 3, 3}));
  EXPECT_EQ(result.tensors.at("fc.weight").shape, (std::vector<std::int64_t>{2, 1}));
  fill(tensors, "b.bias", 0, 1, 0.5);
  EXPECT_EQ(slim(residual(), tensors).removed, 0);
  fill(tensors, "a.bias", 0, 1, 0.5);
  fill(tensors, "b.bias", 0, 1, -0.5);              // constants that cancel
  EXPECT_EQ(slim(residual(), tensors).removed, 0);  // b reads a's 0.5
  fill(tensors, "b.weight", 18, 27, 0);
  EXPECT_EQ(slim(residual(), tensors).removed, 2);
}

/// c (2 channels, 2x2 image, 1x1) -> b -> r -> pool -> b2 -> r2 -> f -> fc
Network pooled(Op op, std::int64_t padding) {
  return complete(
      {"pooled",
       {1, 2, 2, false},
       2,
       {conv("c", 2, 1), node(Op::kBatchNorm, "b"), node(Op::kRelu, "r"), pool(op, "p", 2, 1, padding),
        node(Op::kBatchNorm, "b2"), node(Op::kRelu, "r2"), node(Op::kFlatten, "f"), linear("fc", 2)}});
}

/// Channel 0 of c is empty; behind b it is `constant`, behind b2 shift - what comes in.
Tensors with_constant(const Network& network, float constant, float shift) {
  Tensors tensors = random_tensors(network, 1);
  fill(tensors, "c.weight", 0, 1, 0);
  for (const std::string name : {"c.bias", "b.running_mean", "b2.running_mean"}) fill(tensors, name, 0, 1, 0);
  for (const std::string name : {"b.running_var", "b2.running_var", "b.weight"}) fill(tensors, name, 0, 1, 1);
  fill(tensors, "b.bias", 0, 1, constant);
  fill(tensors, "b2.weight", 0, 1, -1);
  fill(tensors, "b2.bias", 0, 1, shift);
  return tensors;
}

TEST(Slim, ConstantsThroughNormPoolsAndFlatten) {
  for (const Op op : {Op::kMaxPool, Op::kAvgPool}) {
    for (const std::int64_t padding : {0, 1}) {
      const Network network = pooled(op, padding);
      EXPECT_EQ(slim(network, with_constant(network, -1, -0.25f)).removed, 1);  // 0, then -0.25
      EXPECT_EQ(slim(network, with_constant(network, -1, 0.25f)).removed, 0);   // 0, then 0.25
      // 1, then -0.5; but 0.25 and 0 where padding is averaged in
      const bool edges = op == Op::kAvgPool && padding == 1;
      EXPECT_EQ(slim(network, with_constant(network, 1, 0.5f)).removed, edges ? 0 : 1);
    }
  }
  const Network network = pooled(Op::kMaxPool, 1);  // to 3x3
  const Tensors tensors = with_constant(network, -1, -0.25f);
  const SlimNetwork result = slim(network, tensors);
  const auto fc = tensors.at("fc.weight").as<float>();
  std::vector<float> expected(fc.begin() + 9, fc.begin() + 18);
  expected.insert(expected.end(), fc.begin() + 27, fc.end());
  EXPECT_EQ(floats(result, "fc.weight"), expected);
  EXPECT_EQ(floats(result, "b2.running_var"),
            std::vector<float>{tensors.at("b2.running_var").as<float>()[1]});
  EXPECT_EQ(result.tensors.at("b.num_batches_tracked"), tensors.at("b.num_batches_tracked"));
}

TEST(Slim, ANormThatMultipliesByZeroCutsOff) {
  const Network network = pooled(Op::kMaxPool, 0);
  Tensors tensors = with_constant(network, 1, 0.5f);
  fill(tensors, "c.weight", 0, 1, 3);
  fill(tensors, "b.weight", 0, 1, 0);
  EXPECT_EQ(slim(network, tensors).removed, 1);  // 1 whatever comes in, then -0.5
  fill(tensors, "b2.bias", 0, 1, 2);
  EXPECT_EQ(slim(network, tensors).removed, 0);
}

TEST(Slim, WhatANormMultipliesByZeroNeedsNoFeeders) {
  const Network network = complete({"cut",
                                    {1, 2, 2, false},
                                    2,
                                    {conv("a", 2, 1), conv("c", 2, 1), node(Op::kBatchNorm, "b"),
                                     node(Op::kGlobalAvgPool, "g"), linear("fc", 2)}});
  Tensors tensors = random_tensors(network, 1);
  fill(tensors, "b.weight", 0, 1, 0);
  fill(tensors, "c.weight", 2, 3, 0);  // a's channel 0 is read by c's channel 0 alone
  const SlimNetwork result = slim(network, tensors);
  EXPECT_EQ(result.removed, 1);
  EXPECT_EQ(result.tensors.at("c.weight").shape, (std::vector<std::int64_t>{2, 1, 1, 1}));
}

TEST(Slim, MasksShrinkAlong) {
  Tensors tensors = random_tensors(mlp(), 1);
  Masks masks = full_masks(mlp(), {"fc3"});
  for (const std::int64_t pruned : {2, 3}) masks[0].mask.set(pruned, false);
  masks[1].mask.set(5, false);
  apply_masks(masks, tensors);
  fill(tensors, "fc1.bias", 0, 3, 0);
  const SlimNetwork result = remove_dead_units(mlp(), tensors, masks);
  EXPECT_EQ(result.removed, 1);
  Masks expected = {{"fc1.weight", Mask::ones({2, 2})}, {"fc2.weight", Mask::ones({3, 2})}};
  expected[1].mask.set(3, false);
  EXPECT_EQ(result.masks, expected);
  EXPECT_EQ(result.network.name, "mlp");
}

TEST(Slim, WhatIsNotTheNetworksIsRefused) {
  Tensors tensors = random_tensors(mlp(), 1);
  Masks masks = full_masks(mlp(), {});
  masks[0].mask.set(1, false);
  expect_refusal([&] { remove_dead_units(mlp(), tensors, masks); }, {"'mlp'", "'fc1.weight'", "1 weights"});
  masks[0].mask = Mask::ones({2, 3});
  expect_refusal([&] { remove_dead_units(mlp(), tensors, masks); }, {"'fc1.weight'", "[2, 3]"});
  fill(tensors, "fc2.bias", 2, 3, NAN);
  expect_refusal([&] { remove_dead_units(mlp(), tensors, {}); }, {"'fc2.bias'", "index 2"});
  tensors.erase("fc2.bias");
  expect_refusal([&] { remove_dead_units(mlp(), tensors, {}); }, {"'fc2.bias'"});
}

}  // namespace
}  // namespace coppice
