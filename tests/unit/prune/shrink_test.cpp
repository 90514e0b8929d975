#include "coppice/error.h"
#include "coppice/prune.h"
#include "coppice/random.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "unit/prune/support.h"

namespace coppice {
namespace {

std::vector<int> bits(const Mask& mask) {
  std::vector<int> out;
  for (std::int64_t i = 0; i < mask.size(); ++i) out.push_back(mask.get(i));
  return out;
}

TEST(Shrink, GlobalRemovesTheLowestOverAllLayers) {
  const Masks masks = masks_of({{"a.weight", {1, 3}}, {"b.weight", {2, 2}}});
  const Scores scores = {{5, 1, 4}, {2, 7, 0.5f, 6}};
  ShrinkRule rule;
  rule.fraction = 3.0 / 7;
  const Masks smaller = shrink(masks, scores, rule);
  EXPECT_EQ(bits(smaller[0].mask), (std::vector<int>{1, 0, 1}));
  EXPECT_EQ(bits(smaller[1].mask), (std::vector<int>{0, 1, 0, 1}));
}

TEST(Shrink, LayerScopeTakesTheFractionOfEach) {
  const Masks masks = masks_of({{"a.weight", {1, 4}}, {"b.weight", {1, 4}}});
  const Scores scores = {{1, 2, 3, 4}, {100, 200, 300, 400}};
  ShrinkRule rule;
  rule.global = false;
  rule.per_layer = {0.5, 0.25};
  const Masks smaller = shrink(masks, scores, rule);
  EXPECT_EQ(bits(smaller[0].mask), (std::vector<int>{0, 0, 1, 1}));
  EXPECT_EQ(bits(smaller[1].mask), (std::vector<int>{0, 1, 1, 1}));
}

TEST(Shrink, TiesFallInOrderOfLayerAndFlatIndex) {
  const Masks masks = masks_of({{"a.weight", {1, 3}}, {"b.weight", {1, 3}}});
  const Scores scores = {{1, 1, 0}, {1, 1, 1}};
  ShrinkRule rule;
  rule.fraction = 1.0 / 3;  // two of six: the 0, then the first of the equal ones
  EXPECT_EQ(bits(shrink(masks, scores, rule)[0].mask), (std::vector<int>{0, 1, 0}));
  EXPECT_EQ(bits(shrink(masks, scores, rule)[1].mask), (std::vector<int>{1, 1, 1}));
  rule.fraction = 2.0 / 3;  // four of six: across the border of the layers
  rule.min_per_layer = 0;
  EXPECT_EQ(bits(shrink(masks, scores, rule)[0].mask), (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(bits(shrink(masks, scores, rule)[1].mask), (std::vector<int>{0, 1, 1}));
}

TEST(Shrink, CountsAreExactOnTiedInput) {
  for (const std::int64_t n : {1, 2, 5, 10, 64, 65, 1000}) {
    Masks masks = masks_of({{"a.weight", {n}}, {"b.weight", {3, 7}}});
    const Scores scores = {std::vector<float>(static_cast<std::size_t>(n), 1.0f),
                           std::vector<float>(21, 1.0f)};
    ShrinkRule rule;
    rule.fraction = 0.2;
    rule.min_per_layer = 0;
    for (int level = 0; level < 8; ++level) {
      const std::int64_t before = kept(masks);
      const Masks smaller = shrink(masks, scores, rule);
      EXPECT_EQ(kept(smaller), before - before / 5);  // floor(before / 5), in integers
      EXPECT_TRUE(nested_in(smaller, masks));
      masks = smaller;
    }
  }
}

TEST(Shrink, NestedAndExactOnRandomScores) {
  Masks masks = masks_of({{"a.weight", {30, 17}}, {"b.weight", {10, 30}}, {"c.weight", {10, 10}}});
  for (int level = 0; level < 10; ++level) {
    Scores scores(masks.size());
    for (std::size_t i = 0; i < masks.size(); ++i) {
      const Stream stream(3, masks[i].name, static_cast<std::uint64_t>(level));
      for (std::int64_t j = 0; j < masks[i].mask.size(); ++j) {
        scores[i].push_back(static_cast<float>(stream.below(static_cast<std::uint64_t>(j), 9)));  // many ties
      }
    }
    ShrinkRule rule;
    rule.global = level % 2 == 0;
    rule.fraction = 0.25;
    std::int64_t expected = 0;
    for (const NamedMask& mask : masks) expected += mask.mask.kept() - mask.mask.kept() / 4;
    if (rule.global) expected = kept(masks) - kept(masks) / 4;
    const Masks smaller = shrink(masks, scores, rule);
    EXPECT_EQ(kept(smaller), expected);
    EXPECT_TRUE(nested_in(smaller, masks));
    // No removed weight of a scope scores above a kept one.
    for (std::size_t i = 0; i < masks.size() && !rule.global; ++i) {
      float highest_removed = -1, lowest_kept = 1e9f;
      for (std::int64_t j = 0; j < masks[i].mask.size(); ++j) {
        const float s = scores[i][static_cast<std::size_t>(j)];
        if (smaller[i].mask.get(j))
          lowest_kept = std::min(lowest_kept, s);
        else if (masks[i].mask.get(j))
          highest_removed = std::max(highest_removed, s);
      }
      EXPECT_LE(highest_removed, lowest_kept);
    }
    masks = smaller;
  }
}

TEST(Shrink, KeepsExactlyWhatIsAsked) {
  const Masks masks = masks_of({{"a.weight", {10}}, {"b.weight", {5}}});
  const Scores scores = {std::vector<float>(10, 1.0f), std::vector<float>(5, 2.0f)};
  ShrinkRule rule;
  rule.keep_exactly = 7;
  EXPECT_EQ(kept(shrink(masks, scores, rule)), 7);
  rule.global = false;  // in proportion: 4.67 and 2.33, the larger remainder takes the one left
  const Masks smaller = shrink(masks, scores, rule);
  EXPECT_EQ(smaller[0].mask.kept(), 5);
  EXPECT_EQ(smaller[1].mask.kept(), 2);
  rule.keep_exactly = 16;
  EXPECT_THROW(shrink(masks, scores, rule), BadInput);
}

TEST(Shrink, RefusesToEmptyALayer) {
  const Masks masks = masks_of({{"a.weight", {4}}, {"b.weight", {4}}});
  const Scores scores = {{1, 1, 1, 1}, {9, 9, 9, 9}};
  ShrinkRule rule;
  rule.fraction = 0.5;
  try {
    shrink(masks, scores, rule);
    FAIL() << "no LayerCollapse";
  } catch (const LayerCollapse& collapse) {
    EXPECT_NE(std::string(collapse.what()).find("a.weight would keep 0 of 4"), std::string::npos);
  }
  rule.min_per_layer = 0;
  EXPECT_EQ(shrink(masks, scores, rule)[0].mask.kept(), 0);
}

TEST(Shrink, RefusesScoresThatAreNotFiniteOrDoNotFit) {
  const Masks masks = masks_of({{"a.weight", {2}}});
  EXPECT_THROW(shrink(masks, {{1, std::numeric_limits<float>::quiet_NaN()}}, {}), BadInput);
  EXPECT_THROW(shrink(masks, {{1, std::numeric_limits<float>::infinity()}}, {}), BadInput);
  EXPECT_THROW(shrink(masks, {{1}}, {}), BadInput);
  EXPECT_THROW(shrink(masks, {}, {}), BadInput);
}

TEST(Shrink, AFractionMeansWhatItSaysOnPaper) {
  EXPECT_EQ(removed_count(0.1, 30), 3);  // 0.1 * 30 = 3.0000000000000004 or 2.99..., as luck has it
  EXPECT_EQ(removed_count(0.2, 265), 53);
  EXPECT_EQ(removed_count(0.3, 10), 3);
  EXPECT_EQ(removed_count(0.7, 10), 7);
  EXPECT_EQ(removed_count(0.2, 4), 0);
  EXPECT_EQ(removed_count(0.15, 1000000), 150000);
}

TEST(ShrinkRule, TheFirstMatchingPatternHolds) {
  const Masks masks = masks_of({{"conv1.weight", {2, 2}}, {"fc1.weight", {2, 2}}, {"fc3.weight", {2, 2}}});
  PruneConfig config;
  config.scope = "layer";
  config.fraction = 0.1;
  config.rules = {{"fc3", 0.05}, {"fc*", 0.2}};
  EXPECT_EQ(shrink_rule(config, masks).per_layer, (std::vector<double>{0.1, 0.2, 0.05}));
  config.rules = {{"fc9", 0.1}};
  EXPECT_THROW(shrink_rule(config, masks), BadInput);
}

TEST(Masks, ApplyingGivesExactZeros) {
  Tensors weights;
  weights["a.weight"] = Tensor::zeros(DType::kF32, {1, 2});
  auto values = weights["a.weight"].as<float>();
  values[0] = -2, values[1] = std::numeric_limits<float>::quiet_NaN();
  Masks masks = masks_of({{"a.weight", {1, 2}}});
  masks[0].mask.set(1, false);
  EXPECT_EQ(nonzero_pruned(masks, weights), 1);
  apply_masks(masks, weights);
  EXPECT_EQ(nonzero_pruned(masks, weights), 0);
  EXPECT_EQ(weights["a.weight"].as<float>()[0], -2.0f);
}

}  // namespace
}  // namespace coppice
