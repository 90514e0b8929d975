#include "coppice/error.h"
#include "coppice/train.h"

#include "gtest/gtest.h"
#include "support/random_data.h"

namespace coppice {
namespace {

TEST(LearningRate, ConstantStaysPut) {
  TrainConfig config;
  config.learning_rate = 0.3;
  for (const std::int64_t step : {0, 1, 1'000'000}) EXPECT_EQ(learning_rate(config, step, 10), 0.3);
}

/// Warm-up of 4 steps: 1/4, 2/4, 3/4, 4/4 of the rate, then the rate.
TEST(LearningRate, WarmsUpLinearly) {
  TrainConfig config;
  config.learning_rate = 0.8;
  config.warmup = {0, 4};
  const double expected[] = {0.2, 0.4, 0.6, 0.8, 0.8, 0.8};
  for (std::int64_t step = 0; step < 6; ++step) {
    EXPECT_DOUBLE_EQ(learning_rate(config, step, 10), expected[step]) << step;
  }
  config.warmup = {2, 0};  // 20 steps of a 10-step epoch
  EXPECT_DOUBLE_EQ(learning_rate(config, 0, 10), 0.04);
  EXPECT_DOUBLE_EQ(learning_rate(config, 19, 10), 0.8);
}

/// Milestones at step 20 (2 epochs of 10) and 25 (2 epochs and 5 steps): the rate falls with that very step.
TEST(LearningRate, StepsFallAtMilestones) {
  TrainConfig config;
  config.schedule = "step";
  config.learning_rate = 1;
  config.gamma = 0.1;
  config.milestones = {{2, 0}, {2, 5}};
  EXPECT_DOUBLE_EQ(learning_rate(config, 0, 10), 1);
  EXPECT_DOUBLE_EQ(learning_rate(config, 19, 10), 1);
  EXPECT_DOUBLE_EQ(learning_rate(config, 20, 10), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(config, 24, 10), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(config, 25, 10), 0.01);
  config.milestones = {{0, 7}};
  EXPECT_DOUBLE_EQ(learning_rate(config, 6, 10), 1);
  EXPECT_DOUBLE_EQ(learning_rate(config, 7, 10), 0.1);
}

/// 8 steps: (1 + cos(pi step / 8)) / 2.
TEST(LearningRate, CosineFallsToZero) {
  TrainConfig config;
  config.schedule = "cosine";
  config.learning_rate = 2;
  config.length = {2, 2};
  EXPECT_DOUBLE_EQ(learning_rate(config, 0, 3), 2);
  EXPECT_NEAR(learning_rate(config, 2, 3), 1 + 0.70710678118654752, 1e-12);
  EXPECT_NEAR(learning_rate(config, 4, 3), 1, 1e-12);
  EXPECT_NEAR(learning_rate(config, 6, 3), 1 - 0.70710678118654752, 1e-12);
  EXPECT_EQ(learning_rate(config, 8, 3), 0);
  EXPECT_EQ(learning_rate(config, 9, 3), 0);
  config.warmup = {0, 4};  // the two multiply
  EXPECT_NEAR(learning_rate(config, 1, 3), 2 * 0.5 * (1 + 0.92387953251128674) / 2, 1e-12);
}

TEST(LearningRate, RefusesAnUnknownSchedule) {
  TrainConfig config;
  config.schedule = "linear";
  EXPECT_THROW(learning_rate(config, 0, 1), BadInput);
}

TEST(StepsPerEpoch, CountsThePartialBatch) {
  const Data data = random_data({1, 2, 2, false}, 2, 12, 2);
  TrainConfig config;
  for (const auto& [batch, steps] :
       std::vector<std::pair<int, int>>{{1, 10}, {3, 4}, {5, 2}, {10, 1}, {99, 1}}) {
    config.batch = batch;
    EXPECT_EQ(steps_per_epoch(data, config), steps) << batch;
  }
  config.batch = 0;
  EXPECT_THROW(steps_per_epoch(data, config), BadInput);
  config.batch = 5;
  Data empty = data;
  empty.train.clear();
  EXPECT_THROW(steps_per_epoch(empty, config), BadInput);
}

}  // namespace
}  // namespace coppice
