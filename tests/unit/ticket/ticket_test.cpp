#include "coppice/ticket.h"

#include "coppice/error.h"

#include <cmath>

#include <gtest/gtest.h>

#include "support/scratch.h"
#include "ticket/plan.h"

namespace coppice {
namespace {

LevelRecord record(std::int64_t replicate, std::int64_t level, std::int64_t validation_hits,
                   std::int64_t test_hits) {
  LevelRecord record;
  record.replicate = replicate;
  record.level = level;
  record.density.of_prunable = std::pow(0.8, level);
  record.final.validation = Tally{1000, 0, validation_hits};
  record.final.test = Tally{1000, 0, test_hits};
  record.steps = 10;
  record.time_s = 2;
  return record;
}

TEST(ChooseTicket, TheSparsestOfTheLevelsThatAllMatch) {
  // Level 3 falls out of tolerance, so level 4 does not count although it matches again.
  const Ticket ticket = choose_ticket({record(1, 0, 900, 880), record(1, 1, 905, 1), record(1, 2, 898, 870),
                                       record(1, 3, 890, 999), record(1, 4, 950, 999)},
                                      0.2);
  EXPECT_EQ(ticket.level, 2);
  EXPECT_DOUBLE_EQ(ticket.density, 0.64);
  EXPECT_DOUBLE_EQ(ticket.accuracy, 0.898);
  EXPECT_DOUBLE_EQ(ticket.test_accuracy, 0.87);
  EXPECT_EQ(ticket.steps, 50);
  EXPECT_EQ(ticket.dense_steps, 10);
  EXPECT_EQ(ticket.verdict, "untested");
  // sqrt(0.9 x 0.1 / 1000 + 0.898 x 0.102 / 1000), in percentage points.
  EXPECT_NEAR(ticket.standard_error_pp, 100 * std::sqrt(0.09e-3 + 0.898 * 0.102e-3), 1e-9);
}

TEST(ChooseTicket, NeverLooksAtTheTestSet) {
  for (const std::int64_t test_hits : {0, 500, 1000}) {
    EXPECT_EQ(choose_ticket({record(1, 0, 900, 900), record(1, 1, 899, test_hits)}, 0.2).level, 1);
    EXPECT_EQ(choose_ticket({record(1, 0, 900, 900), record(1, 1, 890, test_hits)}, 0.2).level, 0);
  }
}

TEST(ChooseTicket, AMeanOverReplicatesDecides) {
  // Alone the second replicate would fail; together they match. Level 2 was reached by one only and does not
  // count.
  const std::vector<LevelRecord> records = {record(1, 0, 900, 900), record(1, 1, 906, 900),
                                            record(1, 2, 920, 900), record(2, 0, 900, 900),
                                            record(2, 1, 894, 900)};
  const Ticket ticket = choose_ticket(records, 0.2);
  EXPECT_EQ(ticket.level, 1);
  EXPECT_DOUBLE_EQ(ticket.accuracy, 0.9);
  const std::vector<LevelSummary> curve = summarise(records);
  ASSERT_EQ(curve.size(), 2u);
  EXPECT_NEAR(curve[1].validation_sd, std::sqrt(2 * 0.006 * 0.006), 1e-12);
}

TEST(ChooseTicket, ExactlyTheToleranceMatches) {
  EXPECT_EQ(choose_ticket({record(1, 0, 900, 0), record(1, 1, 898, 0)}, 0.2).level, 1);
  EXPECT_EQ(choose_ticket({record(1, 0, 900, 0), record(1, 1, 897, 0)}, 0.2).level, 0);
}

TEST(ChooseTicket, NoLevelMatches) {
  const Ticket ticket = choose_ticket({record(1, 0, 900, 0), record(1, 1, 800, 0)}, 0.2);
  EXPECT_EQ(ticket.level, 0);
  EXPECT_EQ(ticket.verdict, "not-winning");
}

TEST(ChooseTicket, NothingHeldOut) {
  LevelRecord dense = record(1, 0, 0, 900), pruned = record(1, 1, 0, 900);
  dense.final.validation.reset();
  pruned.final.validation.reset();
  const Ticket ticket = choose_ticket({dense, pruned}, 0.2);
  EXPECT_EQ(ticket.level, 0);
  EXPECT_EQ(ticket.verdict, "untested");
  EXPECT_THROW(choose_ticket({}, 0.2), BadInput);
}

TEST(Plan, DensityReplacesLevels) {
  Config config;
  config.prune.density = 0.5;
  const Masks masks = {{"a.weight", Mask::ones({1000})}};
  EXPECT_EQ(next_rule(config, masks, 0)->keep_exactly, -1);  // 800 is still above 500
  Masks smaller = masks;
  for (int i = 0; i < 400; ++i) smaller[0].mask.set(i, false);
  EXPECT_EQ(next_rule(config, smaller, 2)->keep_exactly, 500);  // 480 would be below
  for (int i = 400; i < 500; ++i) smaller[0].mask.set(i, false);
  EXPECT_FALSE(next_rule(config, smaller, 3).has_value());
}

class FindTicket : public ::testing::Test {
 protected:
  FindTicket() {
    config.data.dataset = "synthetic";
    config.data.synthetic_shape = {1, 6, 6};
    config.data.synthetic_examples = 600;
    config.data.validation = 100;
    config.train.length = {1, 0};
    config.prune.levels = 1;
    data = load_data(config.data);
  }
  Network network(std::int64_t hidden) const {
    return complete({"mine",
                     data.pool.image,
                     data.classes,
                     {{.op = Op::kFlatten, .name = "flat"},
                      {.op = Op::kLinear, .name = "h", .out = hidden},
                      {.op = Op::kRelu, .name = "r"},
                      {.op = Op::kLinear, .name = "o", .out = data.classes}}});
  }
  Config config;
  Data data;
  Scratch scratch;
};

TEST_F(FindTicket, AnotherNetworkIsAnotherRun) {
  const SearchOptions options{.runs = scratch / "runs", .device = "cpu", .threads = 1};
  const SearchResult eight = find_ticket(network(8), data, config, options);
  const SearchResult nine = find_ticket(network(9), data, config, options);
  EXPECT_NE(eight.folder, nine.folder);
  EXPECT_EQ(network_from_config(read_run(nine.folder).config.model, data), network(9));
  for (const Finding& finding : verify_run(nine.folder))
    EXPECT_EQ(finding.outcome, Finding::Outcome::kOk) << finding.what;
}

TEST_F(FindTicket, AnObserverHearsOfEveryLevelAndOfLevelsDoneBefore) {
  struct Listener : Observer {
    void on_level(const LevelRecord&, bool resumed) override { ++(resumed ? before : now); }
    int now = 0, before = 0;
  } listener;
  const SearchOptions options{.runs = scratch / "runs", .device = "cpu", .threads = 1, .observer = &listener};
  find_ticket(network(8), data, config, options);
  EXPECT_EQ(listener.now, 2);
  config.prune.levels = 2;
  find_ticket(network(8), data, config, options);
  EXPECT_EQ(listener.now, 3);
  EXPECT_EQ(listener.before, 2);
}

TEST_F(FindTicket, DivergenceIsAFailureThatNamesTheStep) {
  config.train.learning_rate = 1e6;
  config.train.length = {20, 0};
  try {
    find_ticket(network(8), data, config, {.runs = scratch / "runs", .device = "cpu", .threads = 1});
    FAIL() << "no failure";
  } catch (const Failure& failure) {
    EXPECT_NE(std::string(failure.what()).find("diverged at step"), std::string::npos) << failure.what();
  }
}

}  // namespace
}  // namespace coppice
