// What Tanaka et al. (2020) prove and show of synaptic flow.
#include <algorithm>
#include <cmath>

#include "unit/train_libtorch/support.h"

namespace coppice {
namespace {

std::unique_ptr<Derivatives> flow_of(const Network& network) {
  return make_derivatives(
      {network, []() -> const Data& { throw Failure("flow needs no data"); }, 1, 1, cpu(1), 1, 0});
}

TEST(Synflow, WhatFlowsIntoAUnitFlowsOut) {
  const Network network = build_network("lenet-300-100", {1, 28, 28, false}, 10);
  const Tensors weights = initialise(network, "kaiming-normal", "ones", 3);  // biases are 0
  const Masks masks = random_masks(network, 0.3);
  const auto derivatives = flow_of(network);
  const Scores scores =
      score("synflow", {masks, weights, 1, 0, {}, [&]() -> Derivatives& { return *derivatives; }});
  std::vector<double> totals;
  for (std::size_t layer = 0; layer < scores.size(); ++layer) {
    const auto units = static_cast<std::size_t>(masks[layer].mask.rows());
    const auto inputs = static_cast<std::size_t>(masks[layer].mask.columns());
    double total = 0;
    for (std::size_t unit = 0; unit < units; ++unit) {
      double in = 0, out = 0;
      for (std::size_t i = 0; i < inputs; ++i) in += scores[layer][unit * inputs + i];
      total += in;
      if (layer + 1 == scores.size()) continue;
      const auto next = static_cast<std::size_t>(masks[layer + 1].mask.rows());
      for (std::size_t o = 0; o < next; ++o) out += scores[layer + 1][o * units + unit];
      EXPECT_NEAR(in, out, 1e-5 * std::max(in, out)) << masks[layer].name << " unit " << unit;
    }
    totals.push_back(total);
  }
  EXPECT_GT(totals[0], 0);
  for (const double total : totals) EXPECT_NEAR(total, totals[0], 1e-5 * totals[0]);
}

/// A network pruned to a thousandth by its flow, in so many rounds.
struct Thousandth {
  Thousandth(const std::string& name, double width, std::int64_t rounds)
      : network(build_network(name, {3, 32, 32, false}, 10, width)) {
    const Tensors weights = initialise(network, "kaiming-normal", "ones", 1);
    const Masks masks = full_masks(network, {});
    const auto derivatives = flow_of(network);
    PruneConfig config;
    config.criterion = "synflow";
    config.score_rounds = rounds;
    config.min_per_layer = 0;
    ShrinkRule rule = shrink_rule(config, masks);
    rule.keep_exactly = prunable(masks) / 1000;
    left = prune(config, rule, {masks, weights, 1, 0, {}, [&]() -> Derivatives& { return *derivatives; }});
    EXPECT_EQ(kept(left), rule.keep_exactly);
  }
  std::vector<std::string> empty() const {
    std::vector<std::string> names;
    for (const NamedMask& layer : left)
      if (layer.mask.kept() == 0) names.push_back(layer.name);
    return names;
  }
  Network network;
  Masks left;
};

TEST(Synflow, EmptiesNoLayerOfAVggAtCompression1000) {
  const Thousandth vgg("vgg-11", 0.25, 0);
  EXPECT_EQ(vgg.empty(), std::vector<std::string>{});
  EXPECT_GT(kept(effective_masks(vgg.network, vgg.left)), 0);
  EXPECT_NE(Thousandth("vgg-11", 0.25, 1).empty(), std::vector<std::string>{}) << "any way would do";
}

/// Of a residual network it may empty what other paths lead round, branches and shortcuts, but never both at
/// once or a layer that all paths go through: conservation holds for cuts between image and output.
TEST(Synflow, EmptiesNoCutOfAResnetAtCompression1000) {
  const Thousandth resnet("resnet-20", 1, 0);
  std::vector<std::string> allowed;
  for (const NamedMask& layer : resnet.left)
    if (layer.name.starts_with("layer")) allowed.push_back(layer.name);
  for (const std::string& name : resnet.empty())
    EXPECT_NE(std::find(allowed.begin(), allowed.end(), name), allowed.end()) << name;
  EXPECT_GE(kept(effective_masks(resnet.network, resnet.left)), kept(resnet.left) * 9 / 10)
      << "few paths lead from image to output";
}

}  // namespace
}  // namespace coppice
