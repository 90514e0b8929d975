// A machine of 40 W idle and 100 W at work, whose counter moves in steps of a millisecond; its time passes
// as it is looked at.
#include "measure/measure_energy.h"

#include <cmath>
#include <utility>

#include "gtest/gtest.h"
#include "support/fake_rapl.h"

namespace coppice {
namespace {

class MeasureEnergy : public ::testing::Test {
 protected:
  void pass(double seconds, double watts) {
    const double before = std::exchange(now, now + seconds), last = step * std::floor(now / step);
    if (last > before && !frozen) {
      const double shown = drawn + (last - before) * watts;
      fake.set("intel-rapl:0", static_cast<std::uint64_t>(std::llround(1e6 * shown)) % kRange);
    }
    drawn += seconds * watts;
  }

  EnergyMeasurement measure() {
    return measure_energy(
        [this] {
          ++calls;
          cpu += 2 * 0.3;
          pass(0.3, 100);
        },
        options);
  }

  void add_counter() { fake.add("intel-rapl:0", "package-0", "0\n", std::to_string(kRange).c_str()); }

  MeasureEnergy() {
    options.root = fake.root();
    options.cores = 4;
    // Looking at the clock takes a moment of full power: whoever spins is busy.
    options.clock = [this] {
      pass(1e-4, 100);
      return now;
    };
    options.cpu_clock = [this] { return cpu; };
    options.sleep = [this](double seconds) { pass(seconds, 40); };
  }

  static constexpr std::uint64_t kRange = 5000000000;
  FakeRapl fake;
  EnergyOptions options;
  double now = 0, drawn = 0, step = 1e-3, cpu = 0;
  bool frozen = false;
  int calls = 0;
};

TEST_F(MeasureEnergy, JoulesOfACallGrossAndNet) {
  add_counter();
  const EnergyMeasurement result = measure();
  EXPECT_EQ(result.calls, 7);  // 2.1 s
  EXPECT_EQ(calls, 7);
  EXPECT_EQ(result.per_call.kind, Energy::Kind::kMeasured);
  EXPECT_TRUE(result.per_call.reliable);
  EXPECT_NEAR(result.watts, 100, 0.1);
  EXPECT_NEAR(result.idle_watts, 40, 0.1);
  EXPECT_NEAR(result.wall_s, 2.1, 0.01);
  EXPECT_NEAR(result.per_call.joules, 30, 0.1);
  EXPECT_NEAR(result.per_call.net_joules.value(), 18, 0.1);
  EXPECT_NEAR(result.busy, 0.5, 0.005);
}

TEST_F(MeasureEnergy, ShortCallsAreNotDrownedInLooksAtTheCounter) {
  add_counter();
  int looks = 0;
  options.between = [&] { ++looks; };
  const EnergyMeasurement result = measure_energy([this] { pass(1e-5, 100); }, options);
  EXPECT_NEAR(result.per_call.joules, 1e-3, 3e-5);
  EXPECT_NEAR(static_cast<double>(result.calls), 2e5, 1.5e4);
  EXPECT_LT(looks, 250);
}

TEST_F(MeasureEnergy, CoarseStepsDoNotMatter) {
  add_counter();
  step = 0.5;
  for (const double idle_seconds : {2.0, 0.0}) {
    options.idle_seconds = idle_seconds;
    pass(0.2, 300);  // other work, in the midst of a step
    const EnergyMeasurement result = measure();
    EXPECT_NEAR(result.watts, 100, 0.1);
    EXPECT_NEAR(result.per_call.joules, 30, 0.1);
    EXPECT_EQ(result.per_call.net_joules.has_value(), idle_seconds > 0);
  }
}

TEST_F(MeasureEnergy, NoIdlePowerNoNetEnergy) {
  add_counter();
  options.idle_seconds = 0;
  const EnergyMeasurement result = measure();
  EXPECT_NEAR(result.per_call.joules, 30, 0.1);
  EXPECT_FALSE(result.per_call.net_joules.has_value());
  EXPECT_EQ(result.idle_watts, 0);
}

TEST_F(MeasureEnergy, WithoutACounterTheWorkIsNotRun) {
  const EnergyMeasurement result = measure();
  EXPECT_EQ(calls, 0);
  EXPECT_FALSE(result.per_call.known());
  EXPECT_NE(result.per_call.reason.find("no package counter"), std::string::npos);
}

TEST_F(MeasureEnergy, AnAssumedPowerGivesAnEstimateOnlyWithoutACounter) {
  options.assume_watts = 50;
  const EnergyMeasurement estimate = measure();
  EXPECT_EQ(estimate.per_call.kind, Energy::Kind::kEstimate);
  EXPECT_NEAR(estimate.per_call.joules, 15, 0.1);
  EXPECT_EQ(estimate.per_call.assumed_watts, 50);
  add_counter();
  EXPECT_EQ(measure().per_call.kind, Energy::Kind::kMeasured);
}

TEST_F(MeasureEnergy, ACounterThatDoesNotMoveIsNone) {
  add_counter();
  frozen = true;
  EXPECT_EQ(measure().per_call, Energy::unavailable("the counter does not move"));
}

TEST_F(MeasureEnergy, ACounterLostMidwayIsNone) {
  add_counter();
  options.between = [this] {
    if (calls == 3) frozen = true;
    if (calls == 3) std::filesystem::remove_all(fake.folder("intel-rapl:0"));
  };
  const EnergyMeasurement lost = measure();
  EXPECT_FALSE(lost.per_call.known());
  EXPECT_NE(lost.per_call.reason.find("No such file"), std::string::npos) << lost.per_call.reason;
}

}  // namespace
}  // namespace coppice
