// Every verdict and every boundary between two, over records made up so that intervals are known by hand:
// three values m - s, m, m + s have the mean m and the deviation s, and the difference of two such samples
// has the standard error s sqrt(2 / 3) and 4 degrees of freedom, at which t(0.975) = 2.7764451.
#include "ticket/verdict.h"

#include <cmath>

#include "gtest/gtest.h"
#include "ticket/record.h"

namespace coppice {
namespace {

using Outcomes = std::vector<std::string>;

constexpr double kSpread = 0.1;
const double kHalf = 2.7764451051977943 * kSpread * std::sqrt(2.0 / 3);  // 0.2267 pp

struct Records {
  std::vector<LevelRecord> own, controls;

  /// One replicate more for each value, accuracies on test in percent.
  Records& add(const std::string& branch, std::int64_t level, const std::vector<double>& test) {
    for (std::size_t i = 0; i < test.size(); ++i) {
      LevelRecord record;
      record.branch = branch;
      record.replicate = static_cast<std::int64_t>(i + 1);
      record.level = level;
      record.density.of_prunable = std::pow(0.5, level);
      record.final.validation = Tally{1000, 0, 900};
      record.final.test = Tally{1000000, 0, std::llround(1e4 * test[i])};
      (branch.empty() ? own : controls).push_back(record);
    }
    return *this;
  }
  Records& around(const std::string& branch, std::int64_t level, double mean) {
    return add(branch, level, {mean - kSpread, mean, mean + kSpread});
  }
  Ticket ticket(double tolerance_pp = 0.3) const { return choose_ticket(own, tolerance_pp, controls); }
};

/// A ticket at 90% at level 1, dense 90% as well.
Records matching() { return Records().around("", 0, 90).around("", 1, 90); }

Outcomes outcomes(const Ticket& ticket) {
  Outcomes out;
  for (const Contest& control : ticket.controls) out.push_back(control.against + " " + control.outcome);
  return out;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Verdict, WinningBeatsEveryControl) {
  const Ticket ticket = matching().around("reinit", 1, 89).around("shuffle", 1, 88).ticket();
  EXPECT_EQ(ticket.verdict, "winning") << ticket.why;
  EXPECT_EQ(outcomes(ticket), (Outcomes{"reinit beaten", "shuffle beaten"}));
  EXPECT_EQ(ticket.to_dense.outcome, "matched");
  EXPECT_EQ(ticket.controls[0].replicates, 3);
  EXPECT_NEAR(ticket.controls[0].accuracy, 0.89, 1e-9);
  EXPECT_NEAR(ticket.controls[0].difference_pp, 1, 1e-9);
  EXPECT_NEAR(ticket.controls[0].interval_pp->low, 1 - kHalf, 1e-6);
  EXPECT_NEAR(ticket.controls[0].interval_pp->high, 1 + kHalf, 1e-6);
  EXPECT_EQ(
      ticket.why,
      "50.0% of the weights reach 90.00% on test over 3 replicates, +0.00 pp to dense (95% interval -0.23 "
      "to +0.23), and it beats every control: re-initialised +1.00 pp (+0.77 to +1.23), shuffled +2.00 pp "
      "(+1.77 to +2.23)");
}

TEST(Verdict, BeatenMeansThatTheLowerEndLiesAboveZero) {
  const auto against = [](double ahead) {
    return matching().around("reinit", 1, 90 - ahead).around("shuffle", 1, 88).ticket();
  };
  EXPECT_EQ(against(kHalf + 0.001).verdict, "winning");
  EXPECT_EQ(against(kHalf - 0.001).verdict, "untested");
  EXPECT_TRUE(against(kHalf - 0.001).why.starts_with("undecided: "));
  // Surely better, though by less than the tolerance: better it is.
  EXPECT_EQ(matching().around("reinit", 1, 89.75).around("shuffle", 1, 89.75).ticket(5).verdict, "winning");
}

TEST(Verdict, AsWellMeansThatTheUpperEndIsWithinTheTolerance) {
  const auto against = [](double ahead) {
    return outcomes(matching().around("shuffle", 1, 90 - ahead).ticket(0.3)).front();
  };
  EXPECT_EQ(against(0.3 - kHalf - 0.001), "shuffle as-well");
  EXPECT_EQ(against(0.3 - kHalf + 0.001), "shuffle undecided");
  EXPECT_EQ(against(-2), "shuffle as-well");
}

TEST(Verdict, RatiosWhereOtherPlacesDoAsWell) {
  for (const std::string control : {"shuffle", "random"}) {
    const Ticket ticket = matching().around("reinit", 1, 88).around(control, 1, 90.1).ticket();
    EXPECT_EQ(ticket.verdict, "ratios") << ticket.why;
    EXPECT_TRUE(has(ticket.why, "do as well, the ticket less them: " + control_label(control) + " -0.10 pp"))
        << ticket.why;
  }
  // Whatever the others do.
  EXPECT_EQ(matching().around("reinit", 1, 90).around("shuffle", 1, 90).ticket().verdict, "ratios");
  EXPECT_EQ(matching().around("shuffle", 1, 88).around("random", 1, 90).ticket().verdict, "ratios");
}

TEST(Verdict, NotWinningWhereFreshWeightsDoAsWell) {
  const Ticket ticket = matching().around("reinit", 1, 90).around("shuffle", 1, 88).ticket();
  EXPECT_EQ(ticket.verdict, "not-winning");
  EXPECT_TRUE(has(ticket.why, "fresh initial weights")) << ticket.why;
  EXPECT_EQ(matching().around("reinit", 1, 90).ticket().verdict, "not-winning");
}

TEST(Verdict, NotWinningWhereTheTestSetSaysThatItIsWorse) {
  const auto behind = [](double by) {
    return Records()
        .around("", 0, 90)
        .around("", 1, 90 - by)
        .around("reinit", 1, 80)
        .around("shuffle", 1, 80)
        .ticket(0.3);
  };
  EXPECT_EQ(behind(0.3 + kHalf + 0.001).verdict, "not-winning");
  EXPECT_EQ(behind(0.3 + kHalf - 0.001).verdict, "winning");
  EXPECT_TRUE(has(behind(1).why, "worse than the dense network by more than 0.3 pp")) << behind(1).why;
  // No control is needed to say so.
  EXPECT_EQ(Records().around("", 0, 90).around("", 1, 88).ticket().verdict, "not-winning");
}

TEST(Verdict, ADenseNetworkTrainedAsLongMustBeMatchedNotBeaten) {
  const auto with_dense = [](double accuracy) {
    return matching().around("reinit", 1, 88).around("shuffle", 1, 88).around("dense", 1, accuracy).ticket();
  };
  EXPECT_EQ(with_dense(90).verdict, "winning");
  EXPECT_EQ(outcomes(with_dense(90)).back(), "dense matched");
  EXPECT_EQ(with_dense(91).verdict, "not-winning");
  EXPECT_TRUE(has(with_dense(91).why, "trained as long, by more than 0.3 pp: dense as long -1.00 pp")) << with_dense(91).why;
}

TEST(Verdict, UndecidedSaysHowManyReplicatesWouldDecide) {
  const Ticket ticket = matching().around("reinit", 1, 88).around("shuffle", 1, 89.9).ticket(0.1);
  EXPECT_EQ(ticket.verdict, "untested");
  EXPECT_TRUE(ticket.why.starts_with("undecided: 50.0% of the weights")) << ticket.why;
  // Ahead by one deviation: 17 each, as SciPy's quantiles give it in the same search.
  EXPECT_TRUE(has(ticket.why, "shuffled +0.10 pp (-0.13 to +0.33); 17 replicates would")) << ticket.why;
  EXPECT_FALSE(has(ticket.why, "re-initialised")) << "that one is decided";
  const Ticket alone = matching().around("shuffle", 1, 89.9).ticket(0.1);
  EXPECT_TRUE(has(alone.why, "; the re-initialised control was not run")) << alone.why;
}

TEST(Verdict, ReplicatesToDecideAreThoseOfSciPysQuantiles) {
  const auto needed = [](double difference, double a, double b, double tolerance) {
    return replicates_to_decide({3, 90 + difference, a}, {3, 90, b}, tolerance);
  };
  EXPECT_EQ(needed(0.5, 0.3, 0.4, 0.2), 10);
  EXPECT_EQ(needed(0.05, 0.3, 0.3, 0.2), 64);  // to be found as good: 0.15 below the tolerance
  EXPECT_EQ(needed(0.1, 0.3, 0.3, 0.2), 143);
  EXPECT_EQ(needed(0, 0.3, 0.3, 0), 0);  // nothing would
  EXPECT_EQ(needed(0.1, 1.2, 1.2, 0.2), 0);
}

TEST(Verdict, BothReinitialisedAndShuffledAreNeeded) {
  for (const auto& [run, other] : {std::pair{"reinit", "shuffled"}, {"shuffle", "re-initialised"}}) {
    const Ticket ticket = matching().around(run, 1, 88).ticket();
    EXPECT_EQ(ticket.verdict, "untested");
    EXPECT_TRUE(has(ticket.why, std::string("; the ") + other + " control was not run on 3")) << ticket.why;
  }
  const Ticket random = matching().around("random", 1, 88).ticket();
  EXPECT_TRUE(has(random.why, "; the re-initialised and the shuffled controls were not run")) << random.why;
  const Ticket none = matching().ticket();
  EXPECT_EQ(none.verdict, "untested");
  EXPECT_TRUE(has(none.why, "no control has been run against it")) << none.why;
}

TEST(Verdict, TwoReplicatesAreTooFew) {
  const Ticket ticket = Records()
                            .add("", 0, {90, 90.1})
                            .add("", 1, {90, 90.1})
                            .add("reinit", 1, {80, 80.1})
                            .add("shuffle", 1, {80, 80.1})
                            .ticket();
  EXPECT_EQ(ticket.verdict, "untested");
  EXPECT_TRUE(has(ticket.why, "a verdict needs at least 3 replicates, here 2")) << ticket.why;
  EXPECT_TRUE(ticket.controls[0].interval_pp);
  const Ticket one = Records().add("", 0, {90}).add("", 1, {90}).add("reinit", 1, {80}).ticket();
  EXPECT_FALSE(one.controls[0].interval_pp);
  EXPECT_TRUE(has(one.why, "here 1")) << one.why;
}

TEST(Verdict, AControlIsComparedAtTheTicketsLevelOnly) {
  // Deep levels of the control are no matter, nor is one whose replicates are not all there yet.
  const Ticket elsewhere = matching().around("reinit", 2, 50).around("shuffle", 1, 88).ticket();
  EXPECT_EQ(outcomes(elsewhere), (Outcomes{"reinit untested", "shuffle beaten"}));
  const Ticket partly = matching().add("reinit", 1, {80, 80.1}).around("shuffle", 1, 88).ticket();
  EXPECT_EQ(outcomes(partly), (Outcomes{"reinit untested", "shuffle beaten"}));
  EXPECT_EQ(partly.verdict, "untested");
}

TEST(Verdict, ControlsChooseNothing) {
  Records records = matching();
  const Ticket before = records.ticket();
  const Ticket after = records.around("reinit", 1, 99).around("shuffle", 1, 99).ticket();
  EXPECT_EQ(before.level, after.level);
  EXPECT_EQ(before.steps, after.steps);
}

TEST(Verdict, GoesThroughJsonUnchanged) {
  const Ticket ticket = matching().around("reinit", 1, 89).add("shuffle", 1, {88}).ticket();
  const Json json = to_json(ticket);
  EXPECT_EQ(json.at("controls").at(1).at("against"), "shuffle");
  EXPECT_TRUE(json.at("controls").at(1).at("interval_pp").is_null());
  EXPECT_EQ(to_json(ticket_from_json(json)), json);
  Json old = json;  // as 0.1.0 wrote it
  old.erase("controls"), old.erase("to_dense");
  EXPECT_TRUE(ticket_from_json(old).controls.empty());
}

TEST(Summaries, ControlsComeOneByOneInAFixedOrder) {
  const Records records = matching().around("shuffle", 1, 88).around("reinit", 1, 89).around("reinit", 2, 87);
  const std::vector<BranchSummary> controls = summarise_controls(records.controls);
  ASSERT_EQ(controls.size(), 2u);
  EXPECT_EQ(controls[0].branch, "reinit");
  ASSERT_EQ(controls[0].levels.size(), 2u);
  EXPECT_EQ(controls[0].levels[1].level, 2);
  EXPECT_NEAR(controls[0].levels[1].test, 0.87, 1e-9);
  // t(0.975) at 2 degrees, 4.30265273, times s / sqrt(3).
  EXPECT_NEAR(controls[1].levels[0].test_interval->half_width(),
              0.04302652729749462 * kSpread / std::sqrt(3.0), 1e-9);
  EXPECT_FALSE(summarise(Records().add("", 0, {90}).own)[0].test_interval);
}

}  // namespace
}  // namespace coppice
