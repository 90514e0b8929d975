// The early search's signals, by hand.
#include "ticket/early/signals.h"

#include <gtest/gtest.h>

#include "ticket/early/regret.h"

namespace coppice {
namespace {

/// One tensor of ten weights, of which those listed are pruned.
Masks without(std::initializer_list<std::int64_t> pruned) {
  Masks masks = {{"w", Mask::ones({2, 5})}};
  for (const std::int64_t i : pruned) masks[0].mask.set(i, false);
  return masks;
}

TEST(Disagreement, IsTheShareOfThePrunedThatDiffers) {
  const Masks all = without({});
  EXPECT_DOUBLE_EQ(disagreement(without({1, 2}), without({1, 2}), all), 0);
  EXPECT_DOUBLE_EQ(disagreement(without({1, 2}), without({2, 3}), all), 0.5);
  EXPECT_DOUBLE_EQ(disagreement(without({1, 2}), without({3, 4}), all), 1);
}

TEST(Disagreement, ReachesOneAtEveryDensityAmongTheSurvivors) {
  const Masks survivors = without({0, 1, 2, 3, 4, 5});  // four weights
  // Three of the four fall, so that any two such masks share two of them: one weight kept differs.
  EXPECT_DOUBLE_EQ(
      disagreement(without({0, 1, 2, 3, 4, 5, 6, 7, 8}), without({0, 1, 2, 3, 4, 5, 7, 8, 9}), survivors), 1);
  EXPECT_DOUBLE_EQ(disagreement(without({0, 1, 2, 3, 4, 5, 6}), without({0, 1, 2, 3, 4, 5, 7}), survivors),
                   1);
  EXPECT_DOUBLE_EQ(disagreement(survivors, survivors, survivors), 0);  // nothing falls
}

std::vector<Evaluation> curve(std::initializer_list<std::pair<std::int64_t, std::int64_t>> points) {
  std::vector<Evaluation> evaluations;
  for (const auto& [step, correct] : points) {
    Evaluation evaluation;
    evaluation.step = step;
    evaluation.validation = Tally{100, 0, correct};
    evaluation.test = Tally{100, 0, 100 - correct};  // plays no part
    evaluations.push_back(evaluation);
  }
  return evaluations;
}

TEST(AccuracyNear, IsTheMeanOverAWindowThatLiesWithinTheCurve) {
  const auto dense = curve({{10, 40}, {20, 60}, {30, 70}, {40, 90}, {50, 80}});
  EXPECT_FALSE(accuracy_near(dense, 9, 100).has_value());
  EXPECT_FALSE(accuracy_near({}, 9, 100).has_value());
  EXPECT_DOUBLE_EQ(*accuracy_near(dense, 10, 100), 0.4);
  EXPECT_DOUBLE_EQ(*accuracy_near(dense, 20, 100), (0.4 + 0.6 + 0.7) / 3);  // 10 to either side
  EXPECT_DOUBLE_EQ(*accuracy_near(dense, 30, 10), (0.6 + 0.7 + 0.9) / 3);
  EXPECT_DOUBLE_EQ(*accuracy_near(dense, 30, 5), 0.7);
  EXPECT_DOUBLE_EQ(*accuracy_near(dense, 50, 10), 0.85);
  EXPECT_DOUBLE_EQ(*accuracy_near(dense, 99, 10), 0.85);  // beyond the end
}

TEST(AccuracyNear, LiesBetweenTheTwoAroundItWhereNoneIsNear) {
  const auto dense = curve({{100, 40}, {200, 80}, {300, 80}});
  EXPECT_DOUBLE_EQ(*accuracy_near(dense, 125, 10), 0.5);
  EXPECT_DOUBLE_EQ(*accuracy_near(dense, 275, 10), 0.8);
}

TEST(Forecast, AveragesNeighboursAndTakesTheSparsestWithinTolerance) {
  const std::vector<double> gaps = {0, 0.3, 0.9, -0.3, 0.0, -0.6};
  const std::vector<double> smooth = smoothed(gaps);
  const double expected[] = {0.15, 0.4, 0.3, 0.2, -0.3, -0.3};
  ASSERT_EQ(smooth.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(smooth[i], expected[i], 1e-12) << i;
  EXPECT_EQ(sparsest_promising(gaps, 0.2), 3);
  EXPECT_EQ(sparsest_promising(gaps, 0.31), 5);
  EXPECT_EQ(sparsest_promising({0, -1, -1}, 0.2), 0);
  EXPECT_EQ(sparsest_promising({5}, 0.2), 0);  // the dense network is no ticket
  EXPECT_EQ(sparsest_promising({}, 0.2), 0);
}

TEST(Forecast, PassesTheLimitAfterTwoLevelsBelowIt) {
  EXPECT_TRUE(limit_passed({0, 0, -0.3, -0.6, -0.6}, 0.2));
  EXPECT_FALSE(limit_passed({0, 0, 0, 0.5, -1}, 0.2));  // smoothed, only the last
  EXPECT_FALSE(limit_passed({0, 0, -0.3, -0.6, -0.6}, 0.6));
  EXPECT_FALSE(limit_passed({-1, -1}, 0.2));
  EXPECT_FALSE(limit_passed({}, 0.2));
}

TEST(Regrets, AreWhatTheFullSearchHasMoreAndCostsMore) {
  RunContent full;
  full.config.replicates = 2;
  full.ticket = Ticket{};
  full.ticket->level = 3;
  full.ticket->accuracy = 0.902, full.ticket->test_accuracy = 0.891;
  for (std::int64_t replicate = 1; replicate <= 2; ++replicate) {
    for (std::int64_t level = 0; level < 5; ++level) {
      LevelRecord record;
      record.replicate = replicate;
      record.level = level;
      record.steps = 100;
      record.time_s = level == 0 ? 4 : 1;
      record.energy = Energy::measured(10, "rapl");
      full.records.push_back(record);
    }
  }
  Ticket ours;
  ours.level = 2;
  ours.accuracy = 0.9, ours.test_accuracy = 0.893;
  ours.without_dense = Expense{250, 2, Energy::measured(20, "rapl")};
  const auto found = regret(ours, 2, full);
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR(found->accuracy_pp, -0.2, 1e-9);
  EXPECT_NEAR(found->validation_pp, 0.2, 1e-9);
  EXPECT_EQ(found->levels, 1);
  EXPECT_DOUBLE_EQ(found->steps_ratio, 0.25);
  EXPECT_DOUBLE_EQ(found->steps_ratio_to_ticket, 250.0 / 800);
  EXPECT_DOUBLE_EQ(found->time_ratio, 0.125);
  EXPECT_DOUBLE_EQ(*found->energy_ratio, 0.2);
  EXPECT_EQ(to_json(regret_from_json(to_json(*found))), to_json(*found));

  EXPECT_FALSE(regret(ours, 3, full).has_value());
  ours.without_dense->energy = Energy::estimate(10, 2);
  EXPECT_FALSE(regret(ours, 2, full)->energy_ratio.has_value());
  full.ticket.reset();
  EXPECT_FALSE(regret(ours, 2, full).has_value());
}

}  // namespace
}  // namespace coppice
