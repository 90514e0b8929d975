// How levels begin, in each retraining mode: what a search wrote equals, bit for bit, training by hand from
// the tensors that the mode's definition names.
#include "coppice/random.h"

#include <cmath>

#include "support/small_search.h"

namespace coppice {
namespace {

using Retraining = SmallSearch;

TEST_F(Retraining, WeightRewindingGoesBackToTheStepWithStatisticsAndNoMomentum) {
  const SearchResult result = search();
  const Masks& full = result.records[0].masks;
  const Tensors rewind = trained(initial(result), full, 0, 0, 3);
  EXPECT_EQ(model(result, 0), trained(initial(result), full, 0, 0, steps));
  for (const std::int64_t level : {1, 2}) {
    const LevelRecord& record = result.records[static_cast<std::size_t>(level)];
    EXPECT_EQ(model(result, level),
              trained(rewind, record.masks, static_cast<std::uint64_t>(level), 3, steps));
    EXPECT_EQ(record.steps, steps - 3);
  }
  expect_verified(result);
}

TEST_F(Retraining, LearningRateRewindingKeepsFinalValuesAndReplaysTheSchedule) {
  config.retrain.mode = "lr-rewind";
  config.train.schedule = "cosine";
  const SearchResult result = search();
  for (const std::int64_t level : {1, 2}) {
    EXPECT_EQ(model(result, level),
              trained(model(result, level - 1), result.records[static_cast<std::size_t>(level)].masks,
                      static_cast<std::uint64_t>(level), 3, steps));
  }
  expect_verified(result);
}

TEST_F(Retraining, FineTuningKeepsFinalValuesAndTheFinalRate) {
  config.retrain.mode = "fine-tune";
  config.train.schedule = "step";
  config.train.milestones = {{1, 0}};
  config.train.warmup = {0, 2};
  const SearchResult result = search();
  TrainConfig final_rate = config.train;
  final_rate.schedule = "constant";
  final_rate.milestones.clear();
  final_rate.warmup = {};
  final_rate.learning_rate = 0.05 * 0.1;
  const Masks& masks = result.records[1].masks;
  EXPECT_EQ(model(result, 1), trained(final_rate, model(result, 0), masks, 1, 3, steps));
  EXPECT_NE(model(result, 1), trained(model(result, 0), masks, 1, 3, steps));
  expect_verified(result);
}

TEST_F(Retraining, ReinitialisationDrawsEachLevelAnewAndTrainsItsFullLength) {
  config.retrain.mode = "reinit";
  config.retrain.rewind_to = {};
  config.prune.score_at = {.length = {0, 0}};  // keeps what each level began with
  const SearchResult result = search();
  std::vector<Tensors> begun;
  for (const std::int64_t level : {0, 1, 2}) {
    const LevelPaths files = RunPaths{result.folder}.replicate(1).level(level);
    begun.push_back(read_checkpoint(files.scored().string()).tensors);
    const Masks& masks = result.records[static_cast<std::size_t>(level)].masks;
    EXPECT_EQ(model(result, level),
              trained(begun.back(), masks, static_cast<std::uint64_t>(level), 0, steps));
    EXPECT_EQ(result.records[static_cast<std::size_t>(level)].steps, steps);
    for (const float mean : begun.back().at("b.running_mean").as<float>()) EXPECT_EQ(mean, 0);
    for (const float variance : begun.back().at("b.running_var").as<float>()) EXPECT_EQ(variance, 1);
  }
  EXPECT_EQ(begun[0], initial(result));
  const auto first = begun[0].at("o.weight").as<float>(), second = begun[1].at("o.weight").as<float>(),
             third = begun[2].at("o.weight").as<float>();
  std::size_t same = 0;
  double squares = 0, survivors = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    same += (second[i] != 0 && second[i] == first[i]) + (third[i] != 0 && third[i] == second[i]);
    squares += static_cast<double>(second[i]) * static_cast<double>(second[i]);
    survivors += second[i] != 0;
  }
  EXPECT_EQ(same, 0U);
  EXPECT_NEAR(std::sqrt(squares / survivors), std::sqrt(2.0 / 216), 0.15 * std::sqrt(2.0 / 216));
  expect_verified(result);
}

TEST_F(Retraining, WeightsAreScoredWhereTheConfigSays) {
  config.prune.score_at = {.length = {1, 0}};
  const SearchResult result = search();
  const auto check = [&](std::size_t level, const Tensors& begun, std::int64_t from) {
    const Masks& masks = result.records[level].masks;
    const Tensors then = trained(begun, masks, level, from, steps_per_epoch);
    Scores scores;
    for (const NamedMask& mask : masks) {
      scores.emplace_back();
      for (const float weight : then.at(mask.name).as<float>()) scores.back().push_back(std::fabs(weight));
    }
    ShrinkRule half;
    half.fraction = 0.5;
    EXPECT_EQ(result.records[level + 1].masks, shrink(masks, scores, half)) << level;
  };
  check(0, initial(result), 0);
  check(1, trained(initial(result), result.records[0].masks, 0, 0, 3), 3);
  expect_verified(result);
}

TEST_F(Retraining, AScoringPointBeforeTheRewindPointIsTheRewindPoint) {
  config.prune.score_at = {.length = {0, 1}};
  const SearchResult result = search();
  const LevelPaths files = RunPaths{result.folder}.replicate(1).level(1);
  Tensors rewind = trained(initial(result), result.records[0].masks, 0, 0, 3);
  apply_masks(result.records[1].masks, rewind);
  EXPECT_EQ(read_checkpoint(files.scored().string()).tensors, rewind);
}

TEST_F(Retraining, OneShotEndsWhereTheIterativeSearchDoes) {
  const SearchResult iterative = search();
  config.search.method = "one-shot";
  const SearchResult result = search();
  ASSERT_EQ(result.records.size(), 2U);
  EXPECT_EQ(result.records[1].density.kept, iterative.records[2].density.kept);
  EXPECT_EQ(model(result, 0), model(iterative, 0));
  expect_verified(result);
}

TEST_F(Retraining, OneShotByLayersKeepsEachLayersShare) {
  config.prune.scope = "layer";
  config.prune.rules = {{"o", 0.1}};
  const SearchResult iterative = search();
  config.search.method = "one-shot";
  const SearchResult result = search();
  for (std::size_t layer = 0; layer < 2; ++layer) {
    EXPECT_EQ(result.records[1].masks[layer].mask.kept(), iterative.records[2].masks[layer].mask.kept());
  }
}

TEST_F(Retraining, InterruptedAnywhereEndsInTheSameTensors) {
  config.retrain.mode = "lr-rewind";
  config.prune.score_at = {.length = {1, 2}};
  config.control = {.reinit = true, .shuffle = true, .random = true, .dense = true};
  const SearchResult whole = search(nullptr, "whole");
  int interrupted = 0;
  for (int after = 1; after < 200; ++after) {
    Interruption interruption(after);
    try {
      const SearchResult resumed = search(&interruption, "cut");
      EXPECT_EQ(resumed.records.size(), whole.records.size());
      for (const LevelRecord& record : whole.records)
        EXPECT_EQ(model(resumed, record.level), model(whole, record.level));
      ASSERT_EQ(resumed.controls.size(), whole.controls.size());
      for (std::size_t i = 0; i < whole.controls.size(); ++i) {
        const LevelRecord& record = whole.controls[i];
        EXPECT_EQ(resumed.controls[i].final, record.final);
        EXPECT_EQ(model(resumed, record.level, record.branch), model(whole, record.level, record.branch));
      }
      break;
    } catch (const Interrupted&) {
      ++interrupted;
    }
  }
  EXPECT_GT(interrupted, 5);
}

}  // namespace
}  // namespace coppice
