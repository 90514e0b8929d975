// A stint that ends when it has served its purpose, and its snapshots.
#include "ticket/level.h"

#include "support/small_search.h"

namespace coppice {
namespace {

class Level : public SmallSearch {
 protected:
  Level() {
    config.train.length = {20, 0};
    engine = make_engine(network, data, config.train, resolve_device("cpu", 1));
    stint.masks = full_masks(network, {});
    stint.start = [this] { return initialise(network, "kaiming-normal", "ones", 1); };
    stint.last_step = 20 * steps_per_epoch;
  }

  /// `pieces` of work, then an interruption; 0: none.
  LevelRecord train(const char* folder, int pieces = 0) {
    std::filesystem::create_directories(scratch / folder);
    stint.files = ReplicatePaths{scratch / folder}.level(1);
    stint.level = 1;
    LevelTask task{network, data, config, options, *engine, stint};
    task.steps_per_epoch = steps_per_epoch;
    task.progress = [&](auto&&...) {
      if (--pieces == 0) throw Interrupted("now");
    };
    return train_level(task);
  }

  std::unique_ptr<Engine> engine;
  Stint stint;
  SearchOptions options{.save_interval_s = 0};
};

TEST_F(Level, EndsWhereItIsSettledAndDecidesAlikeWhenResumed) {
  stint.settled = [](const std::vector<Evaluation>& evaluations, const Tensors& weights) {
    return evaluations.size() >= 4 && weights.at("b.num_batches_tracked").as<std::int64_t>()[0] >= 4;
  };
  const LevelRecord whole = train("whole");
  EXPECT_EQ(whole.steps, 4 * steps_per_epoch);
  EXPECT_EQ(whole.final.step, 4 * steps_per_epoch);
  const Tensors tensors = read_checkpoint(stint.files.model().string()).tensors;
  EXPECT_EQ(tensors, trained(initialise(network, "kaiming-normal", "ones", 1), stint.masks, 0, 0,
                             4 * steps_per_epoch));
  for (int pieces = 1; pieces < 9; ++pieces) {
    const std::string folder = "cut" + std::to_string(pieces);
    try {
      train(folder.c_str(), pieces);
    } catch (const Interrupted&) {
    }
    const LevelRecord resumed = train(folder.c_str());
    EXPECT_EQ(resumed.final, whole.final) << pieces;
    EXPECT_EQ(read_checkpoint(stint.files.model().string()).tensors, tensors) << pieces;
  }
}

TEST_F(Level, SnapshotsHoldWhatStoodBeforeTheirStep) {
  stint.first_step = 2;
  stint.last_step = 9;
  const Tensors start = stint.start();
  for (const std::int64_t step : {2, 4, 9})
    stint.snapshots.push_back({step, scratch / std::to_string(step) + ".safetensors", step != 4});
  train("run");
  for (const Snapshot& snapshot : stint.snapshots) {
    EXPECT_EQ(read_checkpoint(snapshot.file.string()).tensors,
              trained(start, stint.masks, 0, 2, snapshot.step))
        << snapshot.step;
  }
  EXPECT_TRUE(finished_level(stint.files, false).has_value());
  std::filesystem::remove(stint.snapshots[1].file);  // nothing vouches for it
  EXPECT_TRUE(finished_level(stint.files, false).has_value());
  std::filesystem::remove(stint.snapshots[0].file);
  EXPECT_THROW(finished_level(stint.files, false), BadInput);
}

}  // namespace
}  // namespace coppice
