#include "coppice/error.h"

#include <gtest/gtest.h>

#include "unit/prune/support.h"

namespace coppice {
namespace {

/// Two layers whose slopes grow with the index, those of the second far above.
struct TwoLayers {
  TwoLayers() {
    derivatives.answer.resize(2);
    std::vector<float> ones(5000, 1.0f);
    for (int layer = 0; layer < 2; ++layer)
      for (int i = 0; i < 5000; ++i)
        derivatives.answer[static_cast<std::size_t>(layer)].push_back(1 + i + layer * 1e4);
    weights = {{"a.weight", row(ones)}, {"b.weight", row(ones)}};
    config.min_per_layer = 0;
    config.criterion = "synflow";
  }
  Masks operator()(std::int64_t keep) {
    ShrinkRule rule = shrink_rule(config, masks);
    rule.keep_exactly = keep;
    return prune(config, rule, {masks, weights, 1, 0, {}, [this]() -> Derivatives& { return derivatives; }});
  }
  Masks masks = masks_of({{"a.weight", {1, 5000}}, {"b.weight", {1, 5000}}});
  Tensors weights;
  FakeDerivatives derivatives;
  PruneConfig config;
};

TEST(Rounds, KeptCountsFallGeometricallyToExactlyTheGoal) {
  TwoLayers two;
  two.config.score_rounds = 4;
  EXPECT_EQ(kept(two(1)), 1);
  EXPECT_EQ(two.derivatives.kept_when_asked, (std::vector<std::int64_t>{10000, 1000, 100, 10}));
  two.derivatives.kept_when_asked.clear();
  two.config.score_rounds = 3;
  EXPECT_EQ(kept(two(7001)), 7001);  // 8879.46, 7884.48
  EXPECT_EQ(two.derivatives.kept_when_asked, (std::vector<std::int64_t>{10000, 8879, 7884}));
  EXPECT_EQ(kept(two(0)), 0);
}

TEST(Rounds, SynflowTakesAHundredAndTheOthersOne) {
  for (const std::string& criterion : criterion_names()) {
    TwoLayers two;
    two.config.criterion = criterion;
    two.derivatives.hessian_answer = two.derivatives.answer;
    const bool asks = criterion != "magnitude" && criterion != "random" && criterion != "lamp";
    if (criterion == "movement") continue;  // looks at no derivative, and needs a beginning
    two(100);
    EXPECT_EQ(two.derivatives.kept_when_asked.size(), criterion == "synflow" ? 100u
                                                      : asks                 ? 1u
                                                                             : 0u)
        << criterion;
  }
}

TEST(Rounds, ScopesHoldTheirCountsAndNest) {
  for (const char* scope : {"global", "layer", "erk"}) {
    TwoLayers two;
    two.config.scope = scope;
    two.config.score_rounds = 7;
    const Masks smaller = two(1000);
    const bool global = scope == std::string("global");  // there the second layer outscores the first
    EXPECT_EQ(smaller[0].mask.kept(), global ? 0 : 500) << scope;
    EXPECT_EQ(smaller[1].mask.kept(), global ? 1000 : 500) << scope;
    EXPECT_TRUE(smaller[1].mask.get(4999));
    two.masks = smaller;
    const Masks smallest = two(10);
    EXPECT_EQ(kept(smallest), 10);
    EXPECT_TRUE(nested_in(smallest, smaller)) << scope;
  }
}

TEST(Rounds, OneRoundIsScoreAndShrink) {
  TwoLayers two;
  two.config.score_rounds = 1;
  ShrinkRule rule = shrink_rule(two.config, two.masks);
  rule.keep_exactly = 3000;
  const Scores scores =
      score("synflow", {two.masks, two.weights, 1, 0, {}, [&]() -> Derivatives& { return two.derivatives; }});
  EXPECT_EQ(two(3000), shrink(two.masks, scores, rule));
}

TEST(Rounds, TheLastOneMustLeaveTheMinimum) {
  TwoLayers two;
  two.config.score_rounds = 5;
  two.config.min_per_layer = 1;
  EXPECT_THROW(two(5000), LayerCollapse);
  EXPECT_EQ(two(5001)[0].mask.kept(), 1);
}

TEST(Rounds, MovementNeedsTrainingBehindIt) {
  const auto parse = [](const std::string& at) {
    check_config(parse_config("[prune]\ncriterion = \"movement\"\nscore_at = \"" + at + "\"\n", "test", {}));
  };
  EXPECT_THROW(parse("0it"), BadInput);
  EXPECT_NO_THROW(parse("end"));
  EXPECT_NO_THROW(parse("1it"));
}

}  // namespace
}  // namespace coppice
