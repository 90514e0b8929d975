// retrain.rewind_to = "auto": what the search does equals training and comparing by hand.
#include <filesystem>

#include "support/stable_search.h"
#include "ticket/record.h"

namespace coppice {
namespace {

namespace fs = std::filesystem;

TEST_F(StablePointSearch, RewindsToTheEarliestStableStepAndCountsWhatThatTook) {
  Listener listener;
  const SearchResult result = search(&listener);
  const StablePoint point = point_of(result);
  ASSERT_TRUE(point.stable);
  EXPECT_GT(point.step, 0) << "else the test shows little";
  std::int64_t copied = 0;
  bool found = false;
  for (const Parting& parting : point.tried) {
    copied += steps - parting.step;
    EXPECT_EQ(parting.steps, steps - parting.step);
    EXPECT_NEAR(deciding(parting.path).error_barrier_pp(),
                barrier_by_hand(initial(result), parting.step, Split::kValidation), 1e-9)
        << parting.step;
    EXPECT_EQ(parting.path.splits.size(), 1u) << "the test set has no part in it";
    EXPECT_EQ(connected(parting.path), parting.step >= point.step) << parting.step;
    found |= parting.step == point.step;
  }
  EXPECT_TRUE(found);
  EXPECT_EQ(rewind_of(result).tensors, trained(initial(result), full, 0, 0, point.step));
  EXPECT_EQ(model(result, 1),
            trained(rewind_of(result).tensors, result.records[1].masks, 1, point.step, steps));
  ASSERT_TRUE(result.ticket.rewind_search.has_value());
  EXPECT_EQ(result.ticket.rewind_search->steps, copied);
  EXPECT_EQ(result.ticket.steps, steps + (steps - point.step) + copied);
  EXPECT_GT(result.ticket.time_s,
            result.records[0].time_s + result.records[1].time_s + result.ticket.rewind_search->time_s * 0.99);
  EXPECT_NE(listener.notes.find("rewind point: step " + std::to_string(point.step)), std::string::npos)
      << listener.notes;
  const Ticket back = ticket_from_json(to_json(result.ticket));
  EXPECT_EQ(back.rewind_search->steps, copied);
  for (const auto& entry : fs::directory_iterator(RunPaths{result.folder}.replicate(1).copies()))
    EXPECT_TRUE(entry.is_directory()) << entry.path() << " is not needed any more";
  expect_verified(result);
}

TEST_F(StablePointSearch, WhatWasFoundHoldsForMoreLevelsAndReplicates) {
  Listener first, second;
  const SearchResult before = search(&first);
  config.prune.levels = 2;
  config.replicates = 2;
  const SearchResult after = search(&second);
  EXPECT_GT(first.copies, 1);
  EXPECT_NE(second.notes.find("(done before)"), std::string::npos) << second.notes;
  EXPECT_EQ(second.copies, 0) << "nothing is tried again, nor for the other replicate";
  EXPECT_EQ(before.folder, after.folder);
  const StablePoint point = point_of(after);
  EXPECT_EQ(rewind_of(after, 2).metadata.at("step"), std::to_string(point.step));
  EXPECT_EQ(after.ticket.rewind_search->steps, before.ticket.rewind_search->steps);
  EXPECT_EQ(after.ticket.steps, 2 * (steps + 2 * (steps - point.step)) + before.ticket.rewind_search->steps);
  EXPECT_EQ(after.records[4].steps, steps - point.step);
  expect_verified(after);
}

TEST_F(StablePointSearch, InterruptedAnywhereFindsTheSame) {
  const SearchResult whole = search(nullptr, "whole");
  const StablePoint expected = point_of(whole);
  int interrupted = 0;
  for (int after = 1; after < 300; ++after) {
    Interruption interruption(after);
    try {
      const SearchResult resumed = search(&interruption, "cut");
      const StablePoint point = point_of(resumed);
      EXPECT_EQ(point.step, expected.step);
      EXPECT_EQ(point.rewind_sha256, expected.rewind_sha256);
      ASSERT_EQ(point.tried.size(), expected.tried.size());
      for (std::size_t i = 0; i < point.tried.size(); ++i) {
        EXPECT_EQ(point.tried[i].step, expected.tried[i].step);
        EXPECT_EQ(point.tried[i].path.splits[0].along, expected.tried[i].path.splits[0].along);
      }
      EXPECT_EQ(model(resumed, 1), model(whole, 1));
      EXPECT_EQ(resumed.ticket.steps, whole.ticket.steps);
      expect_verified(resumed);
      break;
    } catch (const Interrupted&) {
      ++interrupted;
    }
  }
  EXPECT_GT(interrupted, 5);
}

TEST_F(StablePointSearch, SnapshotsThatAreGoneAreTakenAgainAndPaidFor) {
  const SearchResult whole = search(nullptr, "whole");
  struct StopBeforeCopies : Observer {
    void on_level(const LevelRecord& record, bool) override {
      if (record.branch.empty() && record.level == 0) throw Interrupted("now");
    }
  } stop;
  EXPECT_THROW(search(&stop, "cut"), Interrupted);
  const fs::path cut = RunPaths{whole.folder}.folder.filename();
  fs::remove_all(RunPaths{scratch / "cut" / cut}.replicate(1).copies());
  const SearchResult resumed = search(nullptr, "cut");
  EXPECT_EQ(rewind_of(resumed).tensors, rewind_of(whole).tensors);
  std::int64_t again = 0;
  for (const Parting& parting : point_of(resumed).tried) again += parting.step;
  EXPECT_EQ(resumed.ticket.rewind_search->steps, whole.ticket.rewind_search->steps + again);
  expect_verified(resumed);
}

TEST_F(StablePointSearch, SmallNetworksAreStableAtOnceAndWithNothingHeldOutTrainingExamplesDecide) {
  config.train.learning_rate = 0.1;
  config.data.validation = 0;
  load();
  const SearchResult result = search();
  const StablePoint point = point_of(result);
  EXPECT_EQ(point.step, 0);
  ASSERT_EQ(point.tried.size(), 1u);
  EXPECT_EQ(deciding(point.tried[0].path).split, Split::kTrain);
  EXPECT_NEAR(deciding(point.tried[0].path).error_barrier_pp(),
              barrier_by_hand(initial(result), 0, Split::kTrain), 1e-9);
  EXPECT_EQ(rewind_of(result).tensors, initial(result));
  EXPECT_EQ(broken(result), "");
}

TEST_F(StablePointSearch, WhereNoStepIsStableTheLastOneTriedIsTakenAndSaid) {
  config.train.learning_rate = 0.15;
  config.train.momentum = 0.9;
  Listener listener;
  const SearchResult result = search(&listener);
  const StablePoint point = point_of(result);
  EXPECT_FALSE(point.stable);
  EXPECT_EQ(point.step, steps / 2);
  EXPECT_NE(listener.notes.find("none up to it is stable"), std::string::npos) << listener.notes;
  expect_verified(result);
}

TEST_F(StablePointSearch, ThePlanSaysTheMostThatItMayCost) {
  const SearchPlan plan = plan_search(network, data, config);
  EXPECT_TRUE(plan.rewind_open);
  EXPECT_EQ(plan.steps_per_retraining, steps);
  const SearchResult result = search();
  EXPECT_GE(plan.total_steps, result.ticket.steps);
  EXPECT_LE(plan.total_steps, 2 * steps + 5 * steps) << "0, and a bisection of at most ten candidates";
}

}  // namespace
}  // namespace coppice
