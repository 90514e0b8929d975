// The early search, end to end on a small task: what it trains, decides, costs and resumes to.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/files.h"
#include "support/small_search.h"

namespace coppice {
namespace {

namespace fs = std::filesystem;

class EarlySearch : public SmallSearch {
 protected:
  EarlySearch() {
    config.search.method = "early-bird";
    config.search.draw_every = {0, 2};
    config.search.prune_from = {0, 3};  // rounded up to a draw: 4
    config.search.settled = 1;
    config.search.tolerance_pp = 100;  // every level promises, and matches
    config.train.length = {4, 0};
    config.prune.levels = 3;
    config.replicates = 2;
    steps = config.train.length.in_steps(steps_per_epoch);
  }

  static Tensors scouted(const SearchResult& result, std::int64_t level) {
    return model(result, level, kScoutBranch);
  }
  Masks pruned(const Masks& masks, const Tensors& weights) const {
    return shrink(masks, score("magnitude", {masks, weights, 1, 0}), {.fraction = 0.5});
  }

  /// Contents of all files but those that hold times.
  static std::map<std::string, std::string> bits(const SearchResult& result) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(result.folder)) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(".safetensors") || name == "metrics.jsonl" || name == "change.json")
        files[fs::relative(entry.path(), result.folder).string()] = read_file(entry.path());
    }
    return files;
  }
};

TEST_F(EarlySearch, PrunesOnTheWayOfOneRunAndTrainsTheTicketFromTheRewindPoint) {
  const SearchResult result = search();
  ASSERT_EQ(result.scouts.size(), 8U);
  // Dense for four steps; then a draw, of two steps, for each level, from where the level before ended.
  std::vector<Masks> masks = {full_masks(network, {})};
  Tensors weights = trained(initial(result), masks[0], 0, 0, 4);
  for (std::int64_t level = 0; level <= 3; ++level) {
    const LevelRecord& scout = result.scouts[static_cast<std::size_t>(level)];
    if (level > 0) {
      masks.push_back(pruned(masks.back(), weights));
      weights = trained(weights, masks.back(), 0, 2 + 2 * level, 4 + 2 * level);
    }
    EXPECT_EQ(scout.masks, masks.back()) << level;
    EXPECT_EQ(scout.final.step, 4 + 2 * level);
    EXPECT_EQ(scouted(result, level), weights) << level;
  }
  // The sparsest level promises: it is trained as the full search's would be, and no other is.
  ASSERT_EQ(result.records.size(), 4U);
  EXPECT_EQ(result.records[1].level, 3);
  EXPECT_EQ(result.records[1].masks, masks[3]);
  const Tensors rewind = trained(initial(result), masks[0], 0, 0, 3);
  EXPECT_EQ(model(result, 3), trained(rewind, masks[3], 3, 3, steps));
  EXPECT_EQ(result.ticket.level, 3);
  expect_verified(result);
}

TEST_F(EarlySearch, CountsEveryStepAndStatesTheDenseReferenceApart) {
  const SearchResult result = search();
  ASSERT_TRUE(result.ticket.without_dense.has_value());
  EXPECT_EQ(result.ticket.without_dense->steps, 2 * (10 + steps - 3));
  EXPECT_EQ(result.ticket.dense_steps, 2 * steps);
  EXPECT_EQ(result.ticket.steps, 2 * (10 + steps - 3 + steps));
  double time_s = 0;
  for (const LevelRecord& record : result.scouts) time_s += record.time_s;
  for (const LevelRecord& record : result.records) time_s += record.level > 0 ? record.time_s : 0;
  EXPECT_NEAR(result.ticket.without_dense->time_s, time_s, 1e-9);
  const RunContent read = read_run(result.folder);
  ASSERT_TRUE(read.ticket && read.ticket->without_dense);
  EXPECT_EQ(read.ticket->without_dense->steps, result.ticket.without_dense->steps);
  EXPECT_FALSE(read.ticket->regret.has_value());
  EXPECT_EQ(read.scouts.size(), 8U);
}

TEST_F(EarlySearch, WaitsUntilTheMaskHasSettledOrTheDrawsAreUsedUp) {
  config.replicates = 1;
  config.search.settled = 0;  // no two masks agree wholly here
  config.search.draws = 3;
  config.prune.levels = 2;
  const SearchResult never = search();
  ASSERT_EQ(never.scouts.size(), 3U);
  EXPECT_EQ(never.scouts[0].final.step, 4 + 2 * 2);
  EXPECT_EQ(never.scouts[1].final.step, 8 + 3 * 2);
  EXPECT_EQ(never.scouts[2].final.step, 14 + 3 * 2);  // and that is the length of training: it ends here
  for (const auto& entry : fs::recursive_directory_iterator(never.folder))
    EXPECT_FALSE(entry.path().filename().string().starts_with("draw-")) << entry.path();
  expect_verified(never);
}

TEST_F(EarlySearch, StepsBackToADenserLevelWhereTheTicketMissesTheTolerance) {
  config.replicates = 1;
  config.train.length = {20, 0};
  config.prune.fraction = 0.8;
  config.search.tolerance_pp = 0;
  config.search.attempts = 3;
  const SearchResult result = search();
  const auto matches = [&](const LevelRecord& record) {
    const double dense = result.records[0].final.validation->accuracy();
    const double here = record.final.validation->accuracy();
    // 100 held-out images: the binomial standard error of the difference.
    return here >= dense - std::sqrt((here * (1 - here) + dense * (1 - dense)) / 100) - 1e-9;
  };
  // Whatever the forecast says, no level is trained beyond the first that matches, and none is left out.
  for (std::size_t i = 1; i < result.records.size(); ++i) {
    const LevelRecord& record = result.records[i];
    EXPECT_EQ(record.level, result.records[1].level + static_cast<std::int64_t>(i) - 1);
    EXPECT_EQ(matches(record), i == 1 && result.ticket.level > 0);
  }
  expect_verified(result);
}

TEST_F(EarlySearch, GoesOnWithMoreReplicatesAndKeepsWhatIsThere) {
  config.replicates = 1;
  const SearchResult one = search();
  const auto before = bits(one);
  config.replicates = 2;
  const SearchResult two = search();
  EXPECT_EQ(one.folder, two.folder);
  const auto after = bits(two);
  for (const auto& [name, content] : before) EXPECT_EQ(after.at(name), content) << name;
  EXPECT_GT(after.size(), before.size());
  expect_verified(two);
}

TEST_F(EarlySearch, KilledAnywhereItResumesToTheSameBits) {
  config.search.settled = 0.3;
  config.search.tolerance_pp = 5;
  const auto whole = bits(search());
  for (const int after : {1, 12, 15, 17, 20, 30}) {
    const std::string runs = "cut" + std::to_string(after);
    Interruption interruption(after);
    EXPECT_THROW(search(&interruption, runs.c_str()), Interrupted) << after;
    const SearchResult resumed = search(nullptr, runs.c_str());
    EXPECT_EQ(bits(resumed), whole) << after;
    expect_verified(resumed);
  }
}

TEST_F(EarlySearch, StatesItsRegretWhereTheFullSearchIsThere) {
  const SearchConfig search_early = config.search;
  config.search = {.tolerance_pp = 100};
  config.name = "full";
  const SearchResult full = search();
  config.search = search_early;
  config.name = "early";
  const SearchResult early = search();
  ASSERT_TRUE(early.ticket.regret.has_value());
  const Regret& regret = *early.ticket.regret;
  EXPECT_EQ(regret.run, fs::path(full.folder).filename().string());
  EXPECT_EQ(regret.levels, full.ticket.level - early.ticket.level);
  EXPECT_NEAR(regret.accuracy_pp, 100 * (full.ticket.test_accuracy - early.ticket.test_accuracy), 1e-9);
  EXPECT_DOUBLE_EQ(regret.steps_ratio,
                   static_cast<double>(10 + steps - 3) / static_cast<double>(steps + 3 * (steps - 3)));
  config.seed = 9;
  EXPECT_FALSE(search().ticket.regret.has_value());  // another seed, another search
}

TEST_F(EarlySearch, VerifyFindsAMaskThatTheShortRunDidNotGive) {
  const SearchResult result = search();
  const LevelPaths files = RunPaths{result.folder}.replicate(1).branch(kScoutBranch).level(2);
  Masks other = result.scouts[2].masks;
  const auto kept_place = [&](bool wanted) {
    for (std::int64_t i = 0;; ++i) {
      if (other[1].mask.get(i) == wanted) return i;
    }
  };
  const std::int64_t in = kept_place(true), out = kept_place(false);
  other[1].mask.set(in, false);
  other[1].mask.set(out, true);
  write_masks(files.mask().string(), other);
  std::vector<std::string> broken;
  for (const Finding& finding : verify_run(result.folder)) {
    if (finding.outcome == Finding::Outcome::kBroken) broken.push_back(finding.what);
  }
  EXPECT_NE(std::find(broken.begin(), broken.end(), "replicate 1 short run level 2: survivors"),
            broken.end());
  EXPECT_NE(std::find(broken.begin(), broken.end(), "replicate 1 short run level 2: checksums"),
            broken.end());
}

TEST_F(EarlySearch, RefusesWhatItCannotDo) {
  config.data.validation = 0;
  EXPECT_THROW(check_config(config), BadInput);
  config.data.validation = 100;
  config.retrain.mode = "lr-rewind";
  EXPECT_THROW(check_config(config), BadInput);
  config.retrain.mode = "weight-rewind";
  config.prune.score_at = {.length = {0, 3}};
  EXPECT_THROW(check_config(config), BadInput);
  config.prune.score_at = {.word = "end"};
  EXPECT_NO_THROW(check_config(config));
}

}  // namespace
}  // namespace coppice
