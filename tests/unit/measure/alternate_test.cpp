#include "measure/alternate.h"

#include "coppice/error.h"

#include <string>

#include "gtest/gtest.h"

namespace coppice {
namespace {

// Work that takes as long as it is told, on a clock that only moves then.
struct FakeMachine {
  double time = 0;
  std::string log;
  AlternateOptions options() {
    AlternateOptions options;
    options.clock = [this] { return time; };
    return options;
  }
  Alternative work(const std::string& name, std::function<double(int)> seconds) {
    return {name, [this, name, seconds, run = 0]() mutable {
              log += name;
              time += seconds(run++);
            }};
  }
};

TEST(Alternate, WarmsUpThenTakesTurns) {
  FakeMachine machine;
  AlternateOptions options = machine.options();
  options.warmup = 1;
  options.samples = 3;
  const auto constant = [](int) { return 1.0; };
  const Alternation result = alternate({machine.work("A", constant), machine.work("B", constant)}, options);
  EXPECT_EQ(machine.log, "ABABABAB");
  ASSERT_EQ(result.series.size(), 2u);
  EXPECT_EQ(result.series[0].name, "A");
  EXPECT_EQ(result.series[1].seconds.size(), 3u);
}

TEST(Alternate, WarmRunsComeRightAfterUntimedRunsOfTheSame) {
  FakeMachine machine;
  AlternateOptions options = machine.options();
  options.warmup = 0;
  options.samples = 2;
  options.warm = 2;
  options.between_runs = [&] { machine.log += "|"; };
  const auto cold_then_warm = [](int run) { return run % 3 < 2 ? 5.0 : 1.0; };
  const Alternation result =
      alternate({machine.work("A", cold_then_warm), machine.work("B", cold_then_warm)}, options);
  EXPECT_EQ(machine.log, "|AAA|BBB|AAA|BBB");
  EXPECT_EQ(result.series[0].seconds, (std::vector<double>{1, 1}));
}

TEST(Alternate, WarmUpIsNotCounted) {
  FakeMachine machine;
  AlternateOptions options = machine.options();
  options.warmup = 2;
  options.samples = 5;
  const Alternation result =
      alternate({machine.work("A", [](int run) { return run < 2 ? 100.0 : 0.5; })}, options);
  EXPECT_EQ(result.series[0].time.median, 0.5);
  EXPECT_EQ(result.series[0].time.high, 0.5);
}

TEST(Alternate, SlowSpellsCancelInTheRatio) {
  FakeMachine machine;
  AlternateOptions options = machine.options();
  options.warmup = 0;
  options.samples = 12;
  const auto spell = [](int run) { return run % 3 == 0 ? 4.0 : 1.0; };
  const Alternation result = alternate({machine.work("A", [&](int run) { return 3 * spell(run); }),
                                        machine.work("B", [&](int run) { return 2 * spell(run); })},
                                       options);
  const Interval ratio = result.ratio(0, 1);
  EXPECT_EQ(ratio.median, 1.5);
  EXPECT_EQ(ratio.low, 1.5);
  EXPECT_EQ(ratio.high, 1.5);
  EXPECT_EQ(result.series[0].time.median, 3.0);
  EXPECT_GT(result.series[0].time.high, result.series[0].time.low);
}

TEST(Alternate, TakesMoreSamplesOfShortWork) {
  FakeMachine machine;
  AlternateOptions options = machine.options();
  options.samples = 2;
  options.seconds = 1;
  const auto constant = [](int) { return 0.03125; };  // exact in binary: 16 rounds of two make one second
  const Alternation result = alternate({machine.work("A", constant), machine.work("B", constant)}, options);
  EXPECT_EQ(result.series[0].seconds.size(), 16u);
}

TEST(Alternate, WorkThatMeasuresItselfIsBelievedAndAlternatesWithTheRest) {
  FakeMachine machine;
  AlternateOptions options = machine.options();
  options.warmup = 1;
  options.samples = 3;
  Alternative own{"G", nullptr, [&, run = 0]() mutable {
                    machine.log += "G";
                    machine.time += 100;  // what the host's clock sees is of no account
                    return 0.25 * ++run;
                  }};
  Alternative both = machine.work("B", [](int) { return 7.0; });
  both.measure = [&] {
    machine.log += "b";
    return 2.0;
  };
  const Alternation result = alternate({own, machine.work("A", [](int) { return 1.0; }), both}, options);
  EXPECT_EQ(machine.log, "GABGAbGAbGAb");
  EXPECT_EQ(result.series[0].seconds, (std::vector<double>{0.5, 0.75, 1}));
  EXPECT_EQ(result.series[1].seconds, (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(result.series[2].seconds, (std::vector<double>{2, 2, 2}));
  EXPECT_EQ(result.ratio(2, 0).median, 2 / 0.75);
}

TEST(Alternate, CanBeStoppedBetweenRuns) {
  FakeMachine machine;
  AlternateOptions options = machine.options();
  int runs = 0;
  options.between_runs = [&] {
    if (++runs == 4) throw Interrupted("stopped");
  };
  EXPECT_THROW(alternate({machine.work("A", [](int) { return 1.0; })}, options), Interrupted);
  EXPECT_EQ(machine.log, "AAA");
  EXPECT_THROW(alternate({}, machine.options()), Failure);
}

}  // namespace
}  // namespace coppice
