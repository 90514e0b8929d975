#include "compare/bench_networks.h"

#include "coppice/prune.h"

#include "gtest/gtest.h"

namespace coppice {
namespace {

TEST(PrunedNetwork, KeepsExactlyTheWeightsAskedFor) {
  const PrunedNetwork global = pruned_network({"lenet-300-100", 1, 0.1, true});
  EXPECT_EQ(prunable(global.masks), 784 * 300 + 300 * 100 + 100 * 10);
  EXPECT_EQ(kept(global.masks), 26620);
  EXPECT_EQ(nonzero_pruned(global.masks, global.pruned), 0);
  EXPECT_NE(global.dense, global.pruned);
  const PrunedNetwork layered = pruned_network({"lenet-300-100", 1, 0.1, false});
  ASSERT_EQ(layered.masks.size(), 3U);
  EXPECT_EQ(layered.masks[0].mask.kept(), 23520);
  EXPECT_EQ(layered.masks[1].mask.kept(), 3000);
  EXPECT_EQ(layered.masks[2].mask.kept(), 100);
  EXPECT_EQ(layered.dense, global.dense);
  // Kaiming's deviation is largest where the fan in is smallest: there global magnitude keeps the most.
  EXPECT_GT(global.masks[2].mask.kept(), 100);
}

TEST(NetworkCases, AreThoseOfTheTargets) {
  EXPECT_EQ(network_cases({}, false).size(), 28U);  // 7 networks with batch, 2 densities, 2 ways of pruning
  EXPECT_EQ(network_cases({}, true).size(), 6U);
  EXPECT_EQ(network_cases({0.5}, true)[1].text(), "lenet-300-100, batch 1, 50% density, per layer");
}

}  // namespace
}  // namespace coppice
