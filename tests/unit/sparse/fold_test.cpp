// The numbers in a program's layers, and the tensors that are refused.
#include "sparse/checks.h"
#include "sparse/program.h"
#include "support/samples.h"
#include "unit/sparse/support.h"

namespace coppice {
namespace {

/// x(2) -> c (1x1 convolution, 2 channels) -> b -> g -> fc (2 classes)
Network small() {
  return complete(
      {"small",
       {2, 2, 2, false},
       2,
       {conv("c", 2, 1), node(Op::kBatchNorm, "b"), node(Op::kGlobalAvgPool, "g"), linear("fc", 2)}});
}

void set(Tensors& tensors, const std::string& name, const std::vector<float>& values) {
  const auto to = tensors.at(name).as<float>();
  ASSERT_EQ(to.size(), values.size());
  std::copy(values.begin(), values.end(), to.begin());
}

TEST(Fold, NormByHand) {
  const Network network = small();
  Tensors tensors = plain_tensors(network);
  set(tensors, "c.weight", {3, 0, -1, 5});
  set(tensors, "c.bias", {1, -2});
  set(tensors, "b.weight", {2, 0.5});
  set(tensors, "b.bias", {7, -3});
  set(tensors, "b.running_mean", {0.5, 4});
  set(tensors, "b.running_var", {4, 0});
  const double s0 = 2 / std::sqrt(4.0 + 1e-5), s1 = 0.5 / std::sqrt(1e-5);
  const kernels::Layer layer = compile_program(network, tensors).steps[0].layer;
  EXPECT_EQ(layer.weights.begin, (std::vector<std::int64_t>{0, 1, 3}));
  EXPECT_EQ(layer.weights.column, (std::vector<std::int32_t>{0, 0, 1}));
  ASSERT_EQ(layer.weights.value.size(), 3u);
  EXPECT_FLOAT_EQ(layer.weights.value[0], static_cast<float>(3 * s0));
  EXPECT_FLOAT_EQ(layer.weights.value[1], static_cast<float>(-s1));
  EXPECT_FLOAT_EQ(layer.weights.value[2], static_cast<float>(5 * s1));
  ASSERT_EQ(layer.bias.size(), 2u);
  EXPECT_FLOAT_EQ(layer.bias[0], static_cast<float>((1 - 0.5) * s0 + 7));
  EXPECT_FLOAT_EQ(layer.bias[1], static_cast<float>((-2 - 4.0) * s1 - 3));
}

TEST(Fold, WithoutNormWeightsAreTheTensorsBits) {
  const Network network = build_network("lenet-300-100", {1, 7, 5, false}, 10, 0.1);
  Tensors tensors = random_tensors(network, 4);
  const Program program = compile_program(network, tensors);
  for (const Step& step : program.steps) {
    const auto weight = tensors.at(step.weight).as<float>();
    EXPECT_EQ(dense_from_csr(step.layer.weights), std::vector<float>(weight.begin(), weight.end()));
    const auto bias = tensors.at(step.name + ".bias").as<float>();
    EXPECT_EQ(step.layer.bias, std::vector<float>(bias.begin(), bias.end()));
  }
  EXPECT_EQ(program.dense_flops(3), 3 * 2.0 * (35 * 30 + 30 * 10 + 10 * 10));
  EXPECT_EQ(program.sparse_flops(3), program.dense_flops(3));
  fill(tensors, "fc1.weight", 0, 50, 0);
  fill(tensors, "fc3.weight", 7, 9, -0.0f);
  EXPECT_EQ(compile_program(network, tensors).sparse_flops(1), 2.0 * (35 * 30 + 30 * 10 + 10 * 10 - 52));
}

TEST(Fold, WeightsThatFoldingMakesZeroAreLeftOut) {
  const Network network = small();
  Tensors tensors = plain_tensors(network);
  set(tensors, "b.weight", {0, 1e-30f});
  set(tensors, "c.weight", {1, 1, 1e-30f, 1});
  const kernels::Layer layer = compile_program(network, tensors).steps[0].layer;
  EXPECT_EQ(layer.weights.begin, (std::vector<std::int64_t>{0, 0, 1}));
  EXPECT_EQ(layer.weights.column, (std::vector<std::int32_t>{1}));
}

TEST(Fold, NumbersThatAreNoneAreNamed) {
  const Network network = small();
  for (const TensorSpec& spec : tensor_specs(network)) {
    if (spec.dtype != DType::kF32) continue;
    for (const float bad : {NAN, INFINITY, -INFINITY}) {
      Tensors tensors = plain_tensors(network);
      fill(tensors, spec.name, 1, 2, bad);
      expect_refusal([&] { compile_program(network, tensors); },
                     {"'small'", "'" + spec.name + "'", "index 1"});
    }
  }
}

TEST(Fold, BadTensorsAreRefused) {
  const Network network = small();
  const Tensors good = plain_tensors(network);
  Tensors tensors = good;
  tensors.erase("c.weight");
  expect_refusal([&] { compile_program(network, tensors); }, {"'c.weight'", "lacks"});
  tensors = good;
  tensors["c.weight"] = Tensor::zeros(DType::kF32, {2, 2});
  expect_refusal([&] { compile_program(network, tensors); }, {"'c.weight'", "[2, 2, 1, 1]"});
  tensors = good;
  fill(tensors, "b.running_var", 1, 2, -0.5f);
  expect_refusal([&] { compile_program(network, tensors); }, {"'b.running_var'", "-0.5", "index 1"});
  tensors = good;
  fill(tensors, "c.weight", 2, 3, 3e38f);
  fill(tensors, "b.running_var", 1, 2, 0);
  expect_refusal([&] { compile_program(network, tensors); }, {"c.weight", "element 2", "range of float"});
}

TEST(CheckMasks, PrunedWeightsMustBeZero) {
  const Network network = small();
  Tensors tensors = plain_tensors(network);
  Masks masks = full_masks(network, {});
  EXPECT_NO_THROW(check_masks(masks, tensors, "here"));
  masks[1].mask.set(0, false);
  masks[1].mask.set(3, false);
  expect_refusal([&] { check_masks(masks, tensors, "here"); },
                 {"here", "weight 'fc.weight' has 2 weights that its mask prunes and that are not 0",
                  "another checkpoint?"});
  fill(tensors, "fc.weight", 0, 4, 0);
  EXPECT_NO_THROW(check_masks(masks, tensors, "here"));
  masks[0].mask = Mask::ones({2, 2});
  expect_refusal([&] { check_masks(masks, tensors, "here"); }, {"'c.weight'", "[2, 2]", "[2, 2, 1, 1]"});
  masks[0].name = "d.weight";
  expect_refusal([&] { check_masks(masks, tensors, "here"); }, {"'d.weight'", "no such tensor"});
  masks = {{"b.num_batches_tracked", Mask::ones({1})}};
  tensors["b.num_batches_tracked"] = Tensor::zeros(DType::kI64, {1});
  expect_refusal([&] { check_masks(masks, tensors, "here"); }, {"'b.num_batches_tracked'", "I64"});
}

}  // namespace
}  // namespace coppice
