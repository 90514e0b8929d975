// Energy of levels: a fake machine whose counter moves while a small network trains.
#include "ticket/cost.h"

#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <gtest/gtest.h>

#include "measure/energy.h"
#include "support/fake_rapl.h"
#include "ticket/curve.h"
#include "ticket/level.h"
#include "ticket/record.h"

namespace coppice {
namespace {

TEST(Cost, SessionsAddUp) {
  const FakeRapl fake;
  fake.add("intel-rapl:0", "package-0", "0\n", "60000000000");
  Json saved;
  {
    Cost first("cpu", fake.root());
    first.start();
    fake.set("intel-rapl:0", 5000000);
    saved = first.to_json();
    EXPECT_EQ(saved.at("energy").at("joules"), 5);
  }
  saved["time_s"] = 10.0;
  saved["busy_s"] = 20.0;
  fake.set("intel-rapl:0", 99000000);  // between the sessions
  Cost second("cpu", fake.root());
  second.add(Json::parse(saved.dump()));
  second.start();
  fake.set("intel-rapl:0", 102000000);
  const Energy energy = second.energy(50);
  EXPECT_EQ(energy, Energy::measured(8, "rapl"));
  EXPECT_GE(second.time_s(), 10);
  EXPECT_LT(second.time_s(), 20);
  EXPECT_GE(second.cpu_s(), 20);
  EXPECT_LT(second.cpu_s(), 30);
}

TEST(Cost, ASessionThatWasNotCountedLosesTheLevelOrLeavesAnEstimateOfTheWhole) {
  const FakeRapl fake;
  fake.add("intel-rapl:0", "package-0", "0\n", "60000000000");
  for (const char* saved : {R"({"time_s": 100, "busy_s": 100, "energy": {"unavailable": "not then"}})",
                            R"({"time_s": 100, "busy_s": 100})"}) {  // as 0.1.0 wrote it
    Cost cost("cpu", fake.root());
    cost.add(Json::parse(saved));
    cost.start();
    fake.set("intel-rapl:0", 5000000);
    EXPECT_FALSE(cost.energy(0).known());
    const Energy estimate = cost.energy(50);
    EXPECT_EQ(estimate.kind, Energy::Kind::kEstimate);
    EXPECT_NEAR(estimate.joules, 5000, 100);
    fake.set("intel-rapl:0", 0);
  }
}

TEST(Cost, AnotherDeviceIsNotCountedByTheProcessor) {
  const FakeRapl fake;
  fake.add("intel-rapl:0", "package-0", "0\n", "60000000000");
  Cost cost("cuda", fake.root());
  cost.start();
  fake.set("intel-rapl:0", 5000000);
  cost.sample();
  EXPECT_EQ(cost.energy(0).reason, "prune reads no energy counter of cuda");
  EXPECT_EQ(cost.energy(300).kind, Energy::Kind::kEstimate);
}

class LevelEnergy : public ::testing::Test {
 protected:
  LevelEnergy() {
    config.data.dataset = "synthetic";
    config.data.synthetic_shape = {1, 6, 6};
    config.data.synthetic_examples = 600;
    config.data.validation = 100;
    config.train.length = {3, 0};
    data = load_data(config.data);
    network = complete(
        {"mine",
         data.pool.image,
         data.classes,
         {{.op = Op::kFlatten, .name = "flat"}, {.op = Op::kLinear, .name = "o", .out = data.classes}}});
    options.save_interval_s = 0;
    fake.add("intel-rapl:0", "package-0", "0\n", "60000000000");
  }

  /// Trains level 0; every piece of work draws a joule. `kill_after` pieces it dies, if above 0.
  LevelRecord train(int kill_after = 0) {
    const Device device = resolve_device("cpu", 1);
    const auto engine = make_engine(network, data, config.train, device);
    const ReplicatePaths paths{scratch.folder()};
    write_checkpoint(paths.init().string(), network, initialise(network, "kaiming-normal", "ones", 1));
    Stint stint;
    stint.files = paths.level(0);
    stint.masks = full_masks(network, {});
    stint.start = [&] { return read_checkpoint(paths.init().string()).tensors; };
    stint.last_step = 12;
    LevelTask task{network, data, config, options, *engine, stint};
    task.steps_per_epoch = 4;
    task.counters = fake.root();
    pieces = 0;
    task.progress = [&](auto&&...) {
      drawn += 1000000;
      fake.set("intel-rapl:0", drawn);
      if (++pieces == kill_after) throw Failure("killed");
    };
    return train_level(task);
  }

  Config config;
  SearchOptions options;
  Data data;
  Network network;
  FakeRapl fake;
  Scratch scratch;
  std::uint64_t drawn = 0;
  int pieces = 0;
};

TEST_F(LevelEnergy, IsWhatTheCounterCounted) {
  const LevelRecord record = train();
  ASSERT_GT(pieces, 2);
  Energy expected = Energy::measured(pieces, "rapl");
  expected.reliable = record.time_s >= 2;
  EXPECT_EQ(record.energy, expected);
  const LevelRecord back = record_from_json(read_json(ReplicatePaths{scratch.folder()}.level(0).record()));
  EXPECT_EQ(back.energy, expected);
}

TEST_F(LevelEnergy, AddsUpOverAKill) {
  // An epoch's end saves, then reports: what was drawn after the save is done again and counts once.
  config.train.evaluate = {3, 0};
  EXPECT_THROW(train(3), Failure);
  ASSERT_TRUE(std::filesystem::exists(ReplicatePaths{scratch.folder()}.level(0).state()));
  const Json saved = Json::parse(
      read_safetensors(ReplicatePaths{scratch.folder()}.level(0).state().string()).metadata.at("state"));
  const double before = saved.at("energy").at("joules").get<double>();
  EXPECT_GE(before, 1);
  const double joules = train().energy.joules;
  ASSERT_GE(pieces, 1);
  EXPECT_EQ(joules, before + pieces);
}

TEST_F(LevelEnergy, WithoutACounterItIsUnknownOrAnEstimate) {
  std::filesystem::remove_all(fake.folder("intel-rapl:0"));
  std::filesystem::create_directories(fake.folder("intel-rapl:0"));  // set() must not bring it back
  std::filesystem::create_directories(fake.folder("intel-rapl:0") / "energy_uj");
  EXPECT_NE(train().energy.reason.find("Is a directory"), std::string::npos);
  std::filesystem::remove_all(ReplicatePaths{scratch.folder()}.level(0).folder);
  config.energy.assume_watts = 20;
  const LevelRecord record = train();
  EXPECT_EQ(record.energy.kind, Energy::Kind::kEstimate);
  EXPECT_NEAR(record.energy.joules, 20 * record.time_s, 20 * 0.01);
}

LevelRecord costing(std::int64_t level, const Energy& energy) {
  LevelRecord record;
  record.level = level;
  record.final.test = Tally{10, 0, 5};
  record.energy = energy;
  return record;
}

TEST(TicketEnergy, IsThatOfAllLevelsAndOfTheDenseOnes) {
  const Ticket ticket =
      choose_ticket({costing(0, Energy::measured(5, "rapl")), costing(1, Energy::measured(3, "rapl"))}, 1);
  EXPECT_EQ(ticket.energy, Energy::measured(8, "rapl"));
  EXPECT_EQ(ticket.dense_energy, Energy::measured(5, "rapl"));
  const Ticket back = ticket_from_json(to_json(ticket));
  EXPECT_EQ(back.energy, ticket.energy);
  EXPECT_EQ(back.dense_energy, ticket.dense_energy);
  const Ticket part =
      choose_ticket({costing(0, Energy::measured(5, "rapl")), costing(1, Energy::unavailable("lost"))}, 1);
  EXPECT_EQ(part.energy, Energy::unavailable("lost"));
  EXPECT_TRUE(part.dense_energy.known());
}

TEST(TicketEnergy, TheCurveSaysWhatIsAnEstimate) {
  const std::string csv =
      curve_csv({costing(0, Energy::measured(5, "rapl")), costing(1, Energy::estimate(2, 3)),
                 costing(2, Energy::unavailable("no"))});
  EXPECT_NE(csv.find(",energy_j,energy_is,branch\n"), std::string::npos);
  EXPECT_NE(csv.find(",5.000,measured,ticket\n"), std::string::npos) << csv;
  EXPECT_NE(csv.find(",6.000,ESTIMATE,ticket\n"), std::string::npos) << csv;
  EXPECT_NE(csv.find(",0.000,,,ticket\n"), std::string::npos) << csv;
}

}  // namespace
}  // namespace coppice
