// Every criterion on a handful of weights, worked out by hand.
#include "coppice/error.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "unit/prune/support.h"

namespace coppice {
namespace {

/// One tensor of four weights, the last of them pruned though its tensor still holds a value.
struct FourWeights {
  FourWeights() { masks[0].mask.set(3, false); }
  Scores operator()(const std::string& criterion) {
    return score(criterion, {masks, weights, 1, 0, [this] { return start; },
                             [this]() -> Derivatives& { return derivatives; }});
  }
  Masks masks = masks_of({{"a.weight", {1, 4}}});
  Tensors weights = {{"a.weight", row({3, -4, 0.5f, 9})}};
  Tensors start = {{"a.weight", row({1, 5, -0.5f, 2})}};
  FakeDerivatives derivatives;
};

TEST(Score, MagnitudeIsTheAbsoluteValue) {  // not "tensor < eps", which freezes every negative weight
  FourWeights four;
  EXPECT_EQ(four("magnitude"), (Scores{{3, 4, 0.5f, 0}}));
}

TEST(Score, SnipIsTheAbsoluteProductWithTheGradient) {
  FourWeights four;
  four.derivatives.answer = {{-2, 0.5, 4, 7}};
  EXPECT_EQ(four("snip"), (Scores{{6, 2, 2, 0}}));
  EXPECT_EQ(four.derivatives.temperatures, std::vector<double>{1});
}

TEST(Score, GraspKeepsItsSignAndCoolsTheLogits) {
  FourWeights four;
  four.derivatives.answer = {{-2, 0.5, 4, 0}};
  four.derivatives.hessian_answer = {{1, -3, -8, 0}};
  EXPECT_EQ(four("grasp"), (Scores{{3, 12, -4, 0}}));  // w (H g): the last survivor falls first
  EXPECT_EQ(four.derivatives.direction, four.derivatives.answer);
  EXPECT_EQ(four.derivatives.temperatures, (std::vector<double>{200, 200}));
}

TEST(Score, SynflowIsRelativeToItsLargestBeyondWhatFloatHolds) {
  FourWeights four;
  four.derivatives.answer = {{1e200, 2e200, 4e200, 0}};  // times |w|: 3, 8, 2
  EXPECT_EQ(four("synflow"), (Scores{{0.375f, 1, 0.25f, 0}}));
  four.derivatives.answer = {{0, 0, 0, 0}};  // no path left
  EXPECT_EQ(four("synflow"), (Scores{{0, 0, 0, 0}}));
}

TEST(Score, TaylorAndObdWeighSquaresWithTheirAnswers) {
  FourWeights four;
  four.derivatives.answer = {{2, 0.5, 8, 1}};
  EXPECT_EQ(four("taylor"), (Scores{{18, 8, 2, 0}}));
  EXPECT_EQ(four("obd"), (Scores{{9, 4, 1, 0}}));
}

TEST(Score, MovementIsHalfTheGrowthOfTheSquare) {
  FourWeights four;
  EXPECT_EQ(four("movement"), (Scores{{4, -4.5f, 0, 0}}));
  four.start = four.weights;
  four.start["a.weight"].as<float>()[3] = 1;  // pruned: does not count
  EXPECT_THROW(four("movement"), BadInput);   // scored before any training: all would tie
  four.start.clear();
  EXPECT_THROW(four("movement"), BadInput);
}

TEST(Score, LampDividesByWhatIsNotSmaller) {
  FourWeights four;  // squares 9, 16, 0.25; from the largest down 16, 25, 25.25
  EXPECT_EQ(four("lamp"), (Scores{{9.0f / 25, 1, static_cast<float>(0.25 / 25.25), 0}}));
  four.weights["a.weight"] = row({2, -2, 2, 9});  // equal ones count in the order of their index
  EXPECT_EQ(four("lamp"), (Scores{{static_cast<float>(4.0 / 12), 0.5f, 1, 0}}));
  four.weights["a.weight"] = row({0, 0, 0, 9});
  EXPECT_EQ(four("lamp"), (Scores{{0, 0, 0, 0}}));
}

TEST(Score, RandomDependsOnSeedLevelAndTensorOnly) {
  const Tensors weights = {{"a.weight", row(std::vector<float>(100))},
                           {"b.weight", row(std::vector<float>(100))}};
  const Masks masks = masks_of({{"a.weight", {1, 100}}, {"b.weight", {1, 100}}});
  const Scores scores = score("random", {masks, weights, 1, 0});
  EXPECT_EQ(scores, score("random", {masks, weights, 1, 0}));
  EXPECT_NE(scores[0], scores[1]);
  EXPECT_NE(scores, score("random", {masks, weights, 2, 0}));
  EXPECT_NE(scores, score("random", {masks, weights, 1, 1}));
}

TEST(Score, RefusesWhatItCannotScore) {
  FourWeights four;
  EXPECT_THROW(four("magnitud"), BadInput);
  four.derivatives.answer = {{1, std::numeric_limits<double>::quiet_NaN(), 1, 1}};
  EXPECT_THROW(four("snip"), Failure);
  for (const char* criterion : {"snip", "grasp", "synflow", "taylor", "obd", "movement"})
    EXPECT_THROW(score(criterion, {four.masks, four.weights}), Failure) << criterion;
  EXPECT_THROW(score("magnitude", {masks_of({{"b.weight", {1, 4}}}), four.weights}), BadInput);
  four.weights["a.weight"].as<float>()[1] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(four("magnitude"), Failure);
}

TEST(Score, ConfigOffersExactlyTheCriteriaThatExist) {
  bool found = false;
  for (const FieldHelp& row : config_help()) {
    if (row.key != "prune.criterion") continue;
    found = true;
    std::string names;
    for (const std::string& name : criterion_names()) names += (names.empty() ? "" : ", ") + name;
    EXPECT_EQ(row.range, names);
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace coppice
