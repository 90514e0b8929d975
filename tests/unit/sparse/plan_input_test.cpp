// What plans refuse, and how they say it.
#include <limits>

#include "support/samples.h"
#include "unit/sparse/plan_cases.h"

namespace coppice {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// With all weights kept.
PlanCase whole(const Network& network, std::int64_t batch) {
  PlanCase one(network, 1, batch);
  one.masks = full_masks(network, {});
  one.tensors = random_tensors(network, 1);
  return one;
}

void expect_refused(const PlanCase& one, const PlanOptions& options, const std::vector<std::string>& words) {
  expect_refusal([&] { one.plan(options); }, words);
}

TEST(PlanInput, NumbersThatAreNone) {
  for (const float number : {kNan, kInfinity, -kInfinity}) {
    PlanCase one = whole(little_conv(), 2);
    fill(one.tensors, "c1.weight", 5, 6, number);
    expect_refused(one, hasty(2), {"c1.weight", "index 5"});
    PlanCase other = whole(little_conv(), 2);
    fill(other.tensors, "fc.bias", 2, 3, number);
    expect_refused(other, hasty(2), {"fc.bias", "index 2"});
  }
  const Network norm = complete(
      {"norm", {2, 1, 1, false}, 2, {node(Op::kBatchNorm, "bn"), node(Op::kFlatten, "f"), linear("fc", 2)}});
  PlanCase one = whole(norm, 1);
  fill(one.tensors, "bn.running_var", 1, 2, -1);
  expect_refused(one, hasty(1), {"bn", "variance"});
}

TEST(PlanInput, NumbersOutOfRangeOnceTheyAreFolded) {
  Network network = complete(
      {"norm", {2, 1, 1, false}, 2, {node(Op::kFlatten, "f"), linear("fc", 2), node(Op::kBatchNorm, "bn")}});
  PlanCase one = whole(network, 1);
  fill(one.tensors, "fc.weight", 0, 4, 1e30f);
  fill(one.tensors, "bn.weight", 0, 2, 1e30f);
  expect_refused(one, hasty(1), {"fc"});
}

TEST(PlanInput, BatchesAndThreads) {
  const PlanCase one = whole(little_conv(), 1);
  for (const std::int64_t batch :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min()}) {
    PlanOptions options = hasty(1);
    options.batch = batch;
    expect_refused(one, options, {"a batch of " + std::to_string(batch)});
  }
  for (const int threads : {0, -3}) {
    PlanOptions options = hasty(1);
    options.threads = threads;
    expect_refused(one, options, {std::to_string(threads) + " threads"});
  }
}

TEST(PlanInput, TensorsOfAnotherNetwork) {
  PlanCase one = whole(little_conv(), 1);
  one.tensors.erase("fc.weight");
  one.masks = {};
  expect_refused(one, hasty(1), {"fc.weight"});
  PlanCase other = whole(little_conv(), 1);
  other.tensors["fc.weight"] = Tensor::zeros(DType::kF32, {3, 35});
  other.masks = {};
  expect_refused(other, hasty(1), {"fc.weight"});
}

TEST(PlanInput, MasksOfAnotherNetwork) {
  PlanCase one = whole(little_conv(), 1);
  one.masks[0].name = "c9.weight";
  expect_refused(one, hasty(1), {"c9.weight", "another network"});
  PlanCase shape = whole(little_conv(), 1);
  shape.masks[1].mask = Mask::ones({3, 35});
  expect_refused(shape, hasty(1), {"fc.weight", "[3, 35]", "[3, 36]"});
  PlanCase nonzero = whole(little_conv(), 1);
  fill(nonzero.tensors, "fc.weight", 0, 108, 1);
  nonzero.masks[1].mask = Mask::ones({3, 36});
  for (const std::int64_t i : {0, 7}) nonzero.masks[1].mask.set(i, false);
  expect_refused(nonzero, hasty(1), {"fc.weight", "2 weights", "another checkpoint"});
}

TEST(PlanInput, ImagesToTimeOnMayHoldAnything) {
  // Nothing reads the first pixel: sparse kernels give numbers where dense ones give NaN.
  PlanCase one = whole(build_network("lenet-300-100", {1, 4, 4, false}, 3, 0.1), 3);
  for (std::int64_t row = 0; row < one.masks[0].mask.rows(); ++row) one.masks[0].mask.set(row * 16, false);
  apply_masks(one.masks, one.tensors);
  const std::vector<float> clean = one.images;
  for (const float number : {kNan, kInfinity}) {
    one.images[0] = number;
    Plan plan = one.plan(hasty(3));
    one.images = clean;
    one.expect_right(run(plan, clean, 3));
  }
}

}  // namespace
}  // namespace coppice
