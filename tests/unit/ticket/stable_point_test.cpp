// retrain.rewind_to = "auto": what the search does equals training and comparing by hand.
#include "ticket/stable_point.h"

#include <filesystem>
#include <fstream>

#include "support/program.h"
#include "support/small_search.h"
#include "ticket/record.h"

namespace coppice {
namespace {

namespace fs = std::filesystem;

/// Hears of notes and of copies.
struct Listener : Observer {
  void on_note(const std::string& note) override { notes += note + "\n"; }
  void on_level(const LevelRecord& record, bool resumed) override {
    if (record.branch.starts_with("stable-") && !resumed) ++copies;
  }
  std::string notes;
  int copies = 0;
};

class StablePointSearch : public SmallSearch {
 protected:
  /// A high learning rate, which is unstable until late in training.
  StablePointSearch() {
    config.data.synthetic_shape = {1, 8, 8};
    config.data.synthetic_examples = 1800;
    config.data.validation = 300;
    config.model.width = 0.2;
    config.train.length = {8, 0};
    config.train.batch = 32;
    config.train.momentum = 0;
    config.train.learning_rate = 1;
    config.prune.levels = 1;
    config.retrain.rewind_to = {.word = "auto"};
    load();
  }

  void load() {
    data = load_data(config.data);
    network = network_from_config(config.model, data);
    steps_per_epoch = coppice::steps_per_epoch(data, config.train);
    steps = config.train.length.in_steps(steps_per_epoch);
    full = full_masks(network, {});
  }

  /// Percentage points on the split, by definition: two trainings, 32 networks, the highest error less the
  /// mean of the ends'.
  double barrier_by_hand(const Tensors& start, std::int64_t step, Split split) const {
    const Tensors from = trained(start, full, 0, 0, step);
    const Tensors a = trained(start, full, 0, 0, steps);
    const Tensors b = trained(from, full, std::uint64_t{1} << 32, step, steps);
    const auto engine = make_engine(network, data, config.train, resolve_device("cpu", 1));
    double highest = 0, ends = 0;
    for (int i = 0; i <= 31; ++i) {
      engine->load(interpolate(a, b, i / 31.0), full, 1, 0);
      const double error = 100 * (1 - engine->evaluate(split).accuracy());
      highest = std::max(highest, error);
      if (i == 0 || i == 31) ends += error / 2;
    }
    return highest - ends;
  }

  static StablePoint point_of(const SearchResult& result) {
    return read_stable_point(RunPaths{result.folder}).value();
  }
  static std::string broken(const SearchResult& result) {
    std::string what;
    for (const Finding& finding : verify_run(result.folder)) {
      if (finding.outcome == Finding::Outcome::kBroken) what += finding.what + ": " + finding.detail + "\n";
    }
    return what;
  }
  static Checkpoint rewind_of(const SearchResult& result, std::int64_t replicate = 1) {
    return read_checkpoint(RunPaths{result.folder}.replicate(replicate).rewind().string());
  }

  Masks full;
};

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

TEST_F(StablePointSearch, VerifyFindsWhatDoesNotFollow) {
  const SearchResult result = search();
  const RunPaths paths{result.folder};
  const std::string record = content_of(paths.stable().string());
  const std::string dense = content_of(paths.replicate(1).level(0).record().string());
  Json json = Json::parse(record);
  json["step"] = 76;
  std::ofstream(paths.stable()) << json.dump();
  EXPECT_NE(broken(result).find("lead to step 152"), std::string::npos) << broken(result);
  json = Json::parse(record);
  for (Json& correct : json["tried"][1]["path"]["validation"]["correct"]) correct = 300;
  std::ofstream(paths.stable()) << json.dump();
  EXPECT_NE(broken(result).find("path.json: is not what stable.json says"), std::string::npos)
      << broken(result);
  json = Json::parse(record);
  json["tried"].erase(2);
  std::ofstream(paths.stable()) << json.dump();
  EXPECT_NE(broken(result).find("has no such copy"), std::string::npos) << broken(result);
  std::ofstream(paths.stable()) << record;
  EXPECT_EQ(broken(result), "");
  fs::remove(paths.replicate(1).level(0).record());
  EXPECT_EQ(broken(result).find("stable"), std::string::npos) << "without a dense network nothing follows";
  std::ofstream(paths.replicate(1).level(0).record()) << dense;
  fs::copy_file(paths.replicate(1).level(0).model(), paths.replicate(1).rewind(),
                fs::copy_options::overwrite_existing);
  EXPECT_NE(broken(result).find("rewind"), std::string::npos) << broken(result);
}

TEST_F(StablePointSearch, KeepingOnlyTheTicketDropsTheCopiesWeights) {
  const SearchOptions options{
      .runs = scratch / "runs", .device = "cpu", .threads = 1, .keep_only_ticket = true};
  const SearchResult result = find_ticket(network, data, config, options);
  const ReplicatePaths paths = RunPaths{result.folder}.replicate(1);
  EXPECT_TRUE(fs::exists(paths.copy(0).between()));
  EXPECT_FALSE(fs::exists(paths.copy(0).model()));
  expect_verified(result);
}

}  // namespace
}  // namespace coppice
