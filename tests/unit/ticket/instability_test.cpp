// Instability analysis of a config: each barrier as worked out by hand, resumable, and added to later.
#include "support/samples.h"
#include "support/small_search.h"
#include "ticket/copies.h"

namespace coppice {
namespace {

class InstabilityAnalysis : public SmallSearch {
 protected:
  InstabilityAnalysis() {
    config.train.length = {4, 0};
    steps = config.train.length.in_steps(steps_per_epoch);
  }

  Instability analyse(const std::vector<Length>& from, Observer* observer = nullptr,
                      const char* runs = "runs") const {
    return find_instability(network, data, config, from,
                            {.runs = scratch / runs, .device = "cpu", .threads = 1, .observer = observer});
  }

  /// Validation barrier by definition: initial values, two batch orders from `step` on, 32 networks. The
  /// dense training goes on with its momentum, the copy begins with none.
  double barrier_by_hand(const Tensors& start, std::int64_t step) const {
    const Masks full = full_masks(network, {});
    const Tensors a = trained(start, full, 0, 0, steps);
    const Tensors b = trained(trained(start, full, 0, 0, step), full, std::uint64_t{1} << 32, step, steps);
    const auto engine = make_engine(network, data, config.train, resolve_device("cpu", 1));
    double highest = 0, ends = 0;
    for (int i = 0; i <= 31; ++i) {
      engine->load(interpolate(a, b, i / 31.0), full, 1, 0);
      const double error = 100 * (1 - engine->evaluate(Split::kValidation).accuracy());
      highest = std::max(highest, error);
      if (i == 0 || i == 31) ends += error / 2;
    }
    return highest - ends;
  }

  static void expect_same(const std::vector<Parting>& a, const std::vector<Parting>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].step, b[i].step);
      for (std::size_t split = 0; split < 3; ++split)
        EXPECT_EQ(a[i].path.splits[split].along, b[i].path.splits[split].along);
    }
  }
};

struct Trainings : Observer {
  void on_level(const LevelRecord& record, bool resumed) override { steps += resumed ? 0 : record.steps; }
  std::int64_t steps = 0;
};

TEST_F(InstabilityAnalysis, EachBarrierIsWhatTheDefinitionGives) {
  config.replicates = 2;
  const Instability found = analyse({{0, 0}, {1, 2}, {0, 3}, {0, 7}});
  ASSERT_EQ(found.partings.size(), 6u) << "1ep2it is step 7: once";
  EXPECT_EQ(found.length, steps);
  std::size_t i = 0;
  for (const std::int64_t replicate : {1, 2}) {
    config.seed = static_cast<std::uint64_t>(replicate);
    const Tensors start =
        read_checkpoint(RunPaths{found.folder}.replicate(replicate).init().string()).tensors;
    for (const std::int64_t step : {0, 3, 7}) {
      const Parting& parting = found.partings[i++];
      EXPECT_EQ(parting.replicate, replicate);
      EXPECT_EQ(parting.step, step);
      EXPECT_DOUBLE_EQ(parting.epoch, static_cast<double>(step) / 5);
      EXPECT_EQ(parting.steps, steps - step);
      EXPECT_EQ(parting.path.splits.size(), 3u);
      EXPECT_NEAR(deciding(parting.path).error_barrier_pp(), barrier_by_hand(start, step), 1e-9) << step;
    }
  }
  EXPECT_EQ(found.cost.steps, 2 * (steps + steps + (steps - 3) + (steps - 7)));
  for (const Finding& finding : verify_run(found.folder))
    EXPECT_NE(finding.outcome, Finding::Outcome::kBroken) << finding.what << ": " << finding.detail;
}

TEST_F(InstabilityAnalysis, InterruptedAnywhereItFindsTheSame) {
  const Instability whole = analyse({{0, 0}, {0, 6}}, nullptr, "whole");
  int interrupted = 0;
  for (int after = 1; after < 100; ++after) {
    Interruption interruption(after);
    try {
      expect_same(analyse({{0, 0}, {0, 6}}, &interruption, "cut").partings, whole.partings);
      break;
    } catch (const Interrupted&) {
      ++interrupted;
    }
  }
  EXPECT_GT(interrupted, 3);
}

TEST_F(InstabilityAnalysis, StepsComeLaterAndConfigsThatTrainAlikeShare) {
  const Instability both = analyse({{0, 2}, {0, 6}}, nullptr, "whole");
  Trainings first, again, later;
  analyse({{0, 6}}, &first);
  config.prune.fraction = 0.3;
  config.retrain.rewind_to = {.word = "auto"};
  analyse({{0, 6}}, &again);
  EXPECT_EQ(first.steps, steps + steps - 6);
  EXPECT_EQ(again.steps, 0);
  expect_same(analyse({{0, 2}, {0, 6}}, &later).partings, both.partings);
  EXPECT_EQ(later.steps, 2 + steps - 2) << "the first steps again for want of a snapshot, and the copy";
}

TEST_F(InstabilityAnalysis, StepsThatLeaveNothingToTrainAreRefused) {
  expect_refusal([&] { analyse({{0, 3}, {4, 0}}); }, {"4ep", "step 20", "end of training"});
  EXPECT_FALSE(std::filesystem::exists(scratch / "runs"));
  expect_refusal([&] { analyse({}); }, {"no step"});
}

}  // namespace
}  // namespace coppice
