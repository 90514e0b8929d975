// Paths between levels of runs, and where they are refused.
#include "coppice/connect.h"

#include <filesystem>
#include <fstream>

#include "support/samples.h"
#include "support/small_search.h"

namespace coppice {
namespace {

class ConnectLevels : public SmallSearch {
 protected:
  ConnectLevels() {
    config.control.shuffle = true;
    config.replicates = 2;
    config.search.tolerance_pp = 100;  // every level matches: the ticket is the last one
  }

  static Connection connection(const LevelName& a, const LevelName& b, bool any_masks = false) {
    return connect_levels(a, b, {.device = "cpu", .threads = 1, .points = 3, .any_masks = any_masks});
  }

  Tally evaluated(const Tensors& tensors, Split split) const {
    const auto engine = make_engine(network, data, config.train, resolve_device("cpu", 1));
    engine->load(tensors, full_masks(network, {}), 1, 0);
    return engine->evaluate(split);
  }
};

TEST_F(ConnectLevels, IsTheStraightLineBetweenBothModelsOnEverySplit) {
  const SearchResult result = search();
  const Connection line = connection({.run = result.folder, .level = 1}, {.run = result.folder, .level = 0});
  EXPECT_EQ(line.masks, "nested");
  EXPECT_DOUBLE_EQ(line.a.density, result.records[1].density.of_prunable);
  EXPECT_EQ(line.b.density, 1);
  EXPECT_EQ(line.path.alpha, (std::vector<double>{0, 0.25, 0.5, 0.75, 1}));
  ASSERT_EQ(line.path.splits.size(), 3u);
  for (const PathSplit& split : line.path.splits) {
    for (std::size_t i = 0; i < line.path.alpha.size(); ++i) {
      const Tensors between = interpolate(model(result, 1), model(result, 0), line.path.alpha[i]);
      EXPECT_EQ(split.along[i].correct, evaluated(between, split.split).correct) << split_name(split.split);
    }
  }
}

TEST_F(ConnectLevels, WithoutALevelItIsTheTicketOrTheLastOne) {
  const SearchResult result = search();
  ASSERT_EQ(result.ticket.level, 2);
  EXPECT_EQ(connection({.run = result.folder}, {.run = result.folder, .level = 2}).a.name.level, 2);
  const Connection same = connection({.run = result.folder}, {.run = result.folder, .level = 2});
  EXPECT_EQ(same.masks, "same");
  EXPECT_EQ(deciding(same.path).error_barrier_pp(), 0);
  EXPECT_TRUE(connected(same.path));
  std::filesystem::remove(RunPaths{result.folder}.ticket());
  EXPECT_EQ(connection({.run = result.folder}, {.run = result.folder, .level = 0}).a.name.level, 2);
}

TEST_F(ConnectLevels, MasksThatOverlapAreRefusedUnlessAskedForAndThenUnited) {
  const SearchResult result = search();
  const LevelName ticket{.run = result.folder, .level = 2};
  const LevelName shuffled{.run = result.folder, .branch = "shuffle", .level = 2};
  expect_refusal([&] { connection(ticket, shuffled); }, {"neither network's mask", "--any-masks"});
  const Connection line = connection(ticket, shuffled, true);
  EXPECT_EQ(line.masks, "union");
  const Tensors middle = interpolate(model(result, 2), model(result, 2, "shuffle"), 0.5);
  EXPECT_EQ(line.path.splits[0].along[2].correct, evaluated(middle, Split::kTrain).correct)
      << "what either keeps has part in the middle";
}

TEST_F(ConnectLevels, ReplicatesBegunApartAreFarApart) {
  const SearchResult result = search();
  const Connection line =
      connection({.run = result.folder, .level = 0}, {.run = result.folder, .replicate = 2, .level = 0});
  EXPECT_EQ(line.masks, "same");
  EXPECT_EQ(line.path.splits[1].along.back().correct, result.records[3].final.validation->correct);
  EXPECT_GT(line.path.splits[1].error_barrier_pp(), 5);
}

TEST_F(ConnectLevels, WhatIsNotThereOrDoesNotFitIsRefused) {
  const SearchResult result = search();
  const LevelName ticket{.run = result.folder};
  expect_refusal([&] { connection({.run = result.folder, .level = 7}, ticket); },
                 {"no finished level 7", "0 to 2"});
  expect_refusal([&] { connection({.run = result.folder, .branch = "shuffle", .level = 0}, ticket); },
                 {"no finished level 0", "1 to 2"});
  expect_refusal([&] { connection({.run = result.folder, .branch = "random"}, ticket); },
                 {"control random", "no finished level"});
  expect_refusal([&] { connection({.run = result.folder, .replicate = 3}, ticket); }, {"replicate 3"});
  std::filesystem::remove(RunPaths{result.folder}.replicate(1).level(1).model());
  expect_refusal([&] { connection({.run = result.folder, .level = 1}, ticket); }, {"level 1 were not kept"});

  config.data.synthetic_seed = 2;
  data = load_data(config.data);
  const SearchResult other_data = search(nullptr, "other");
  expect_refusal([&] { connection(ticket, {.run = other_data.folder}); }, {"different data (sha256"});
  config.data.synthetic_seed = 1;
  data = load_data(config.data);
  network.nodes[0].out = 5;
  network = complete(network);
  const SearchResult other_network = search(nullptr, "wider");
  expect_refusal([&] { connection(ticket, {.run = other_network.folder}); }, {"different networks"});
}

TEST_F(ConnectLevels, MasksOfOtherTensorsAreRefused) {
  const SearchResult result = search();
  config.prune.exclude = {"c"};
  const SearchResult other = search();
  expect_refusal([&] { connection({.run = result.folder}, {.run = other.folder}, true); },
                 {"prune different tensors", "c.weight, o.weight and o.weight"});
}

class ConnectAgain : public SmallSearch {
 protected:
  Connection again(const SearchResult& result, std::int64_t level, Observer* observer = nullptr) const {
    return connect_again({.run = result.folder, .level = level},
                         {.device = "cpu", .threads = 1, .observer = observer},
                         {.device = "cpu", .threads = 1, .points = 3});
  }
  void expect_line_to(const Tensors& copy, const Connection& line, const SearchResult& result,
                      std::int64_t level) const {
    const Masks& masks = result.records[static_cast<std::size_t>(level)].masks;
    const auto engine = make_engine(network, data, config.train, resolve_device("cpu", 1));
    for (std::size_t i = 0; i < line.path.alpha.size(); ++i) {
      engine->load(interpolate(model(result, level), copy, line.path.alpha[i]), masks, 1, 0);
      EXPECT_EQ(line.path.splits[1].along[i].correct, engine->evaluate(Split::kValidation).correct) << i;
    }
  }
};

TEST_F(ConnectAgain, ACopyBeginsAsItsLevelDidAndSeesOtherBatches) {
  const SearchResult result = search();
  const Tensors rewind = read_checkpoint(RunPaths{result.folder}.replicate(1).rewind().string()).tensors;
  const Tensors copy = trained(rewind, result.records[2].masks, (std::uint64_t{1} << 32) + 2, 3, steps);
  ASSERT_NE(copy, model(result, 2));
  const Connection line = again(result, 2);
  EXPECT_TRUE(line.b.again && !line.a.again);
  EXPECT_EQ(line.masks, "same");
  EXPECT_EQ(line.cost->steps, steps - 3);
  expect_line_to(copy, line, result, 2);
  // The dense network begins at step 0.
  const Tensors dense = trained(initial(result), result.records[0].masks, std::uint64_t{1} << 32, 0, steps);
  expect_line_to(dense, again(result, 0), result, 0);
  expect_verified(result);
}

TEST_F(ConnectAgain, InAnyModeInterruptedAndWithARewindPointThatWasFound) {
  config.retrain.mode = "lr-rewind";
  config.retrain.rewind_to = {.word = "auto"};
  const SearchResult result = search();
  const std::string k =
      read_checkpoint(RunPaths{result.folder}.replicate(1).rewind().string()).metadata.at("step");
  const Tensors copy =
      trained(model(result, 1), result.records[2].masks, (std::uint64_t{1} << 32) + 2, std::stoll(k), steps);
  int interrupted = 0;
  for (int after = 1; after < 50; ++after) {
    Interruption interruption(after);
    try {
      expect_line_to(copy, again(result, 2, &interruption), result, 2);
      break;
    } catch (const Interrupted&) {
      ++interrupted;
    }
  }
  EXPECT_GT(interrupted, 0);
  EXPECT_EQ(read_run(result.folder).status, "done") << "the run is only read";
}

TEST_F(ConnectAgain, ControlsAreNotTrainedAgain) {
  config.control.shuffle = true;
  const SearchResult result = search();
  expect_refusal(
      [&] {
        connect_again({.run = result.folder, .branch = "shuffle", .level = 1},
                      {.device = "cpu", .threads = 1}, {});
      },
      {"not control shuffle"});
}

}  // namespace
}  // namespace coppice
