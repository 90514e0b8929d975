#include "ticket/stable_grid.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace coppice {
namespace {

using Steps = std::vector<std::int64_t>;

TEST(StableGrid, ZeroAndPowersOfTwoOfTheLength) {
  EXPECT_EQ(stable_grid(2048), (Steps{0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}));
  EXPECT_EQ(stable_grid(100), (Steps{0, 1, 2, 4, 7, 13, 25, 50}));
  EXPECT_EQ(stable_grid(2), (Steps{0, 1}));
  EXPECT_EQ(stable_grid(1), (Steps{0})) << "the end is no candidate";
}

/// Which candidates are asked about where all from `answer` on are stable.
Steps asked(const Steps& candidates, std::int64_t answer, std::optional<std::int64_t>* found) {
  Steps steps;
  *found = first_stable(candidates, [&](std::int64_t step) {
    steps.push_back(step);
    return step >= answer;
  });
  return steps;
}

TEST(FirstStable, AnyAnswerIsFoundInFewQuestions) {
  const Steps candidates = stable_grid(2048);
  std::optional<std::int64_t> found;
  for (const std::int64_t answer : candidates) {
    const Steps questions = asked(candidates, answer, &found);
    EXPECT_EQ(found, answer);
    EXPECT_EQ(questions.front(), 0);
    EXPECT_LE(questions.size(), 5u) << "0, and a bisection of ten";
  }
  EXPECT_EQ(asked(candidates, 0, &found), (Steps{0})) << "small networks are stable at once";
  asked(candidates, 4096, &found);
  EXPECT_FALSE(found.has_value());
  EXPECT_EQ(asked({0}, 1, &found), (Steps{0}));
  EXPECT_FALSE(found.has_value());
}

TEST(FirstStable, WhatItNamesIsStableAndTheOneBeforeIsNot) {
  // Not monotone: stable at 4, unstable again at 8. The answer is still a step where it changes.
  const Steps candidates = {0, 2, 4, 8, 16, 32};
  const std::vector<bool> stable = {false, false, true, false, true, true};
  const auto is_stable = [&](std::int64_t step) {
    return stable[static_cast<std::size_t>(std::find(candidates.begin(), candidates.end(), step) -
                                           candidates.begin())];
  };
  const auto found = first_stable(candidates, is_stable);
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(is_stable(*found));
  EXPECT_TRUE(*found == 4 || *found == 16);
}

TEST(StableGrid, TheDearestOutcomeByHand) {
  // Candidates 0, 50 of 100 steps. Answer 0 costs a copy of 100 steps; 50 and none cost 100 + 50.
  // Three retrainings cost 300 more from 0, or 150 from 50.
  const auto retraining = [](std::int64_t times) {
    return [times](std::int64_t from) { return times * (100 - from); };
  };
  EXPECT_EQ(dearest_outcome({0, 50}, 100, retraining(3)), 400);
  EXPECT_EQ(dearest_outcome({0, 50}, 100, retraining(0)), 150);
}

}  // namespace
}  // namespace coppice
