#include "coppice/error.h"

#include <cmath>

#include <gtest/gtest.h>

#include "prune/quota.h"
#include "unit/prune/support.h"

namespace coppice {
namespace {

/// Sums of dimensions 5, 15 and 12; sizes 6, 180 and 20.
Masks three_layers() {
  return masks_of({{"a.weight", {2, 3}}, {"b.weight", {4, 5, 3, 3}}, {"c.weight", {10, 2}}});
}

ShrinkRule erk_rule(std::int64_t keep) {
  PruneConfig config;
  config.scope = "erk";
  config.min_per_layer = 0;
  ShrinkRule rule = shrink_rule(config, {});
  rule.keep_exactly = keep;
  return rule;
}

TEST(Erk, KeepsInProportionToTheSumOfDimensions) {
  EXPECT_EQ(erk_counts(three_layers(), 24), (std::vector<std::int64_t>{4, 11, 9}));  // 3.75, 11.25, 9
  EXPECT_EQ(erk_counts(three_layers(), 20), (std::vector<std::int64_t>{3, 9, 8}));   // 3.125, 9.375, 7.5
  EXPECT_EQ(erk_counts(three_layers(), 0), (std::vector<std::int64_t>{0, 0, 0}));
}

TEST(Erk, WhatALayerCannotKeepGoesToTheOthers) {
  EXPECT_EQ(erk_counts(three_layers(), 64), (std::vector<std::int64_t>{6, 38, 20}));  // of 10, 30, 24
  EXPECT_EQ(erk_counts(three_layers(), 44), (std::vector<std::int64_t>{6, 21, 17}));  // 6, 21.11, 16.89
  // The third has enough for its 19.5, but not for the 20.4 that it is to keep once the first is full.
  EXPECT_EQ(erk_counts(three_layers(), 52), (std::vector<std::int64_t>{6, 26, 20}));
  EXPECT_EQ(erk_counts(three_layers(), 206), (std::vector<std::int64_t>{6, 180, 20}));
}

TEST(Erk, DensitiesAreThoseOfThePaper) {
  const Masks masks = masks_of({{"conv.weight", {64, 32, 3, 3}}, {"fc.weight", {100, 400}}});
  const std::vector<std::int64_t> counts = erk_counts(masks, 5000);
  const double conv = static_cast<double>(counts[0]) / (64 * 32 * 9),
               fc = static_cast<double>(counts[1]) / (100 * 400);
  // (out + in + k + k) / (out in k k) of each
  EXPECT_NEAR(conv / fc, (102.0 / (64 * 32 * 9)) / (500.0 / (100 * 400)), 1e-3);
  EXPECT_EQ(counts[0] + counts[1], 5000);
}

TEST(Erk, CountsAreExactAndNestedLevelOverLevelWhateverTheScores) {
  Masks masks = three_layers();
  PruneConfig config;
  config.scope = "erk";
  config.fraction = 0.15;
  config.min_per_layer = 0;
  for (int level = 0; level < 20; ++level) {
    Scores scores;
    for (const NamedMask& named : masks) {
      scores.emplace_back();
      for (std::int64_t i = 0; i < named.mask.size(); ++i)
        scores.back().push_back(static_cast<float>((i * 7919 + level) % 101));
    }
    scores[1].assign(scores[1].size(), 1e6f);  // one layer scores above all others: no matter
    const std::int64_t before = kept(masks);
    const Masks smaller = shrink(masks, scores, shrink_rule(config, masks));
    EXPECT_EQ(kept(smaller), before - removed_count(0.15, before));
    EXPECT_TRUE(nested_in(smaller, masks));
    const std::vector<std::int64_t> counts = erk_counts(masks, kept(smaller));
    for (std::size_t i = 0; i < masks.size(); ++i) EXPECT_EQ(smaller[i].mask.kept(), counts[i]);
    masks = smaller;
  }
}

TEST(Erk, AnEmptiedLayerIsACollapse) {
  Scores zeros;
  for (const NamedMask& named : three_layers())
    zeros.emplace_back(static_cast<std::size_t>(named.mask.size()), 0.0f);
  ShrinkRule rule = erk_rule(2);  // 0.31, 0.94, 0.75
  EXPECT_EQ(shrink(three_layers(), zeros, rule)[0].mask.kept(), 0);
  rule.min_per_layer = 1;
  EXPECT_THROW(shrink(three_layers(), zeros, rule), LayerCollapse);
}

}  // namespace
}  // namespace coppice
