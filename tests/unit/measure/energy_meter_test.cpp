#include "measure/energy_meter.h"

#include "gtest/gtest.h"
#include "support/fake_rapl.h"

namespace coppice {
namespace {

constexpr const char* kRange = "262143328850";  // of a real Xeon

class Meter : public ::testing::Test {
 protected:
  /// The window's energy, or that it has none because of something that contains `why`.
  void expect_unavailable(const std::string& why) {
    const Energy energy = meter.energy();
    EXPECT_FALSE(energy.known());
    EXPECT_NE(energy.reason.find(why), std::string::npos) << energy.reason;
  }

  FakeRapl fake;
  double now = 100;
  EnergyMeter meter{fake.root(), [this] { return now; }};
};

TEST_F(Meter, CountsWhatWasDrawnSinceTheStart) {
  fake.add("intel-rapl:0", "package-0", "5000000\n", kRange);
  meter.start();
  now += 2;
  fake.set("intel-rapl:0", 7500000);
  Energy energy = meter.energy();
  EXPECT_EQ(energy, Energy::measured(2.5, "rapl"));
  EXPECT_EQ(meter.seconds(), 2);
  now += 1;
  fake.set("intel-rapl:0", 8000000);
  EXPECT_EQ(meter.energy().joules, 3);
  meter.start();
  now += 1.9;
  fake.set("intel-rapl:0", 8500000);
  energy = meter.energy();
  EXPECT_EQ(energy.joules, 0.5);
  EXPECT_FALSE(energy.reliable);
}

TEST_F(Meter, TwoPackagesAddUpAndTheirPartsDoNot) {
  fake.add("intel-rapl:0", "package-0", "1000000\n", kRange);
  fake.add("intel-rapl:1", "package-1", "9000000\n", kRange);
  fake.add("intel-rapl:1:0", "dram", "0\n", kRange);
  meter.start();
  now += 5;
  fake.set("intel-rapl:0", 2000000);
  fake.set("intel-rapl:1", 12000000);
  fake.set("intel-rapl:1:0", 70000000);
  EXPECT_EQ(meter.energy(), Energy::measured(4, "rapl"));
}

TEST_F(Meter, ACounterThatTurnsOverGoesOn) {
  fake.add("intel-rapl:0", "package-0", "65000000\n", "65532610");
  meter.start();
  const std::uint64_t readings[] = {65532610, 467390, 60000000, 999};
  for (const std::uint64_t reading : readings) {
    now += 0.05;
    fake.set("intel-rapl:0", reading);
    meter.sample();
  }
  // 532610, then 467390 more, up to 60000000, up to the end and 999 more.
  EXPECT_NEAR(meter.energy().joules, 1e-6 * (532610 + 467390 + (60000000 - 467390) + 5532610 + 999), 1e-12);
}

TEST_F(Meter, TooLongWithoutAReadingIsNotGuessed) {
  fake.add("intel-rapl:0", "package-0", "1\n", "60000000000");  // 60 s at 1000 W
  meter.start();
  now += 60;
  fake.set("intel-rapl:0", 50000000000);
  EXPECT_EQ(meter.energy().joules, 5e4 - 1e-6);
  now += 61;
  fake.set("intel-rapl:0", 55000000000);
  expect_unavailable("package-0: not read for 61 s");
}

TEST_F(Meter, WithoutARangeItCountsUntilTheCounterTurnsOver) {
  fake.add("intel-rapl:0", "package-0", "10\n");
  meter.start();
  now += 3;
  fake.set("intel-rapl:0", 1000010);
  EXPECT_EQ(meter.energy().joules, 1);
  fake.set("intel-rapl:0", 5);
  expect_unavailable("does not say at what");
}

TEST_F(Meter, NoCounterIsUnavailableWithTheReason) {
  expect_unavailable("not started");
  meter.start();
  now += 3;
  expect_unavailable("no package counter in " + fake.root().string());
}

TEST_F(Meter, OnePackageThatCannotBeReadLosesTheWhole) {
  fake.add("intel-rapl:0", "package-0", "1\n", kRange);
  fake.add("intel-rapl:1", "package-1", "", kRange);
  meter.start();
  now += 3;
  fake.set("intel-rapl:0", 3000000);
  expect_unavailable("intel-rapl:1/energy_uj: it is empty");
}

TEST_F(Meter, APackageThatVanishesOrGoesBadLosesTheWindowAndTheNextOnes) {
  const auto broken = [&](const char* what, const std::function<void()>& damage, const char* why) {
    SCOPED_TRACE(what);
    fake.add("intel-rapl:0", "package-0", "1\n", kRange);
    fake.add("intel-rapl:1", "package-1", "1\n", kRange);
    meter = EnergyMeter(fake.root(), [this] { return now; });
    meter.start();
    for (const char* domain : {"intel-rapl:0", "intel-rapl:1"}) fake.set(domain, 2000001);
    now += 3;
    EXPECT_EQ(meter.energy().joules, 4);
    damage();
    fake.set("intel-rapl:0", 3000001);
    now += 3;
    expect_unavailable(why);
    fake.set("intel-rapl:0", 4000001);
    expect_unavailable(why);  // and stays so
    meter.start();
    fake.set("intel-rapl:0", 5000001);
    now += 3;
    expect_unavailable(why);  // the other package alone is not the machine
    std::filesystem::remove_all(fake.folder("intel-rapl:1"));
  };
  const std::filesystem::path file = fake.folder("intel-rapl:1") / "energy_uj";
  broken(
      "vanished", [&] { std::filesystem::remove_all(fake.folder("intel-rapl:1")); }, "No such file");
  broken(
      "emptied", [&] { std::ofstream{file}; }, "it is empty");
  broken(
      "garbage", [&] { std::ofstream(file) << "12ab"; }, "holds no number");
  broken(
      "negative", [&] { std::ofstream(file) << "-7\n"; }, "holds no number");
  broken(
      "a folder",
      [&] {
        std::filesystem::remove(file);
        std::filesystem::create_directory(file);
      },
      "is a folder");
}

TEST_F(Meter, MoreThanItsRangeIsNoReading) {
  fake.add("intel-rapl:0", "package-0", "5\n", "60000000000");
  meter.start();
  now += 3;
  fake.set("intel-rapl:0", 60000000001);
  expect_unavailable("more than its range");
}

TEST_F(Meter, ACounterThatDoesNotMoveIsNotZeroJoules) {
  fake.add("intel-rapl:0", "package-0", "5\n", kRange);
  fake.add("intel-rapl:1", "package-1", "5\n", kRange);
  meter.start();
  now += 3;
  fake.set("intel-rapl:0", 3000000);
  expect_unavailable("package-1: the counter does not move");
}

TEST_F(Meter, WaitsForAStepButNotForever) {
  fake.add("intel-rapl:0", "package-0", "5\n", kRange);
  int looks = 0;
  EnergyMeter waiting(fake.root(), [&] {
    now += 0.01;
    if (++looks == 20) fake.set("intel-rapl:0", 100005);
    return now;
  });
  waiting.start();
  waiting.wait_for_step();
  EXPECT_EQ(waiting.trouble(), "");
  EXPECT_GE(looks, 20);
  EXPECT_LE(looks, 22);
  EXPECT_NEAR(waiting.energy().joules, 0.1, 1e-12);
  waiting.wait_for_step();
  EXPECT_EQ(waiting.trouble(), "the counter does not move");
  EXPECT_LT(looks, 140);  // a second
}

}  // namespace
}  // namespace coppice
