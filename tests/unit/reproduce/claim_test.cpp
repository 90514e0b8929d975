// Verdicts on lines over made-up measurements. Three values m - s, m, m + s against three others of the same
// spread: half of Welch's 95% interval is 2.7764451 s sqrt(2 / 3), 0.2267 for s = 0.1.
#include "reproduce/claim.h"

#include <cmath>

#include "gtest/gtest.h"

namespace coppice {
namespace {

constexpr double kHalf = 0.2266941;

std::vector<double> around(double mean) { return {mean - 0.1, mean, mean + 0.1}; }

MeasuredCurve curve(double dense, const std::vector<std::pair<double, double>>& points) {
  MeasuredCurve curve;
  curve.dense = around(dense);
  for (const auto& [density, accuracy] : points) curve.points.push_back({density, around(accuracy)});
  return curve;
}

std::string verdict(const Claim& claim, const Measured& measured) {
  return judge({claim}, measured, true).verdict;
}

TEST(Claims, AFigureHoldsWithinItsTolerance) {
  const Measured measured = {{"a", curve(90, {{0.5, 91}})}};
  EXPECT_EQ(verdict(Accuracy{"a", 0.5, 91.5, 0.5}, measured), "reproduced");
  EXPECT_EQ(verdict(Accuracy{"a", 0.5, 90.5, 0.5}, measured), "reproduced");
  // The interval of the mean is 91 +- 4.3026527 x 0.1 / sqrt(3) = +-0.2484.
  EXPECT_EQ(verdict(Accuracy{"a", 0.5, 91.74, 0.5}, measured), "undecided");
  EXPECT_EQ(verdict(Accuracy{"a", 0.5, 91.76, 0.5}, measured), "not reproduced");
  EXPECT_EQ(verdict(Accuracy{"a", 0.5, 90.26, 0.5}, measured), "undecided");
  EXPECT_EQ(verdict(Accuracy{"a", 0.5, 90.24, 0.5}, measured), "not reproduced");
}

TEST(Claims, AGainIsAgainstTheDenseNetwork) {
  const Measured measured = {{"a", curve(90, {{0.5, 91}})}};
  EXPECT_EQ(verdict(Gain{"a", 0.5, 1.3, 0.3}, measured), "reproduced");
  EXPECT_EQ(verdict(Gain{"a", 0.5, 1.3 + kHalf - 0.001, 0.3}, measured), "undecided");
  EXPECT_EQ(verdict(Gain{"a", 0.5, 1.3 + kHalf + 0.001, 0.3}, measured), "not reproduced");
  EXPECT_EQ(judge({Gain{"a", 0.5, 1.3, 0.3}}, measured, true),
            (Judgement{"a above dense at 50%", 'F', "+1.3 pp", "+1.00 ± 0.23 pp", "reproduced", ""}));
}

TEST(Claims, FiguresAreComparedOnlyWhereTheyApply) {
  const Measured measured = {{"a", curve(90, {{0.5, 91}})}, {"b", curve(90, {{0.5, 80}})}};
  for (const Claim& figure : std::vector<Claim>{Accuracy{"a", 0.5, 91}, Gain{"a", 0.5, 1}, Parts{"b", 0.5}}) {
    EXPECT_EQ(judge({figure}, measured, true).verdict, "reproduced");
    EXPECT_EQ(judge({figure}, measured, false).verdict, "not compared");
    EXPECT_FALSE(judge({figure}, measured, false).measured.empty()) << "it is shown all the same";
  }
  for (const Claim& shape :
       std::vector<Claim>{Above{"a", "b", 0.5}, Within{"a", 0, 0.5}, PartsFirst{"b", "a"}}) {
    EXPECT_EQ(judge({shape}, measured, true).verdict, "reproduced");
    EXPECT_EQ(judge({shape}, measured, false).verdict, "reproduced");
  }
}

TEST(Claims, AboveMeansByTheInterval) {
  const auto ahead = [](double by) {
    return verdict(Above{"a", "b", 0.5}, {{"a", curve(90, {{0.5, 90 + by}})}, {"b", curve(90, {{0.5, 90}})}});
  };
  EXPECT_EQ(ahead(kHalf + 0.001), "reproduced");
  EXPECT_EQ(ahead(kHalf - 0.001), "undecided");
  EXPECT_EQ(ahead(-kHalf + 0.001), "undecided");
  EXPECT_EQ(ahead(-kHalf - 0.001), "not reproduced");
}

TEST(Claims, WithinLooksAtEveryDensityDownToTheNamedOne) {
  const auto with = [](double middle, double last, double beyond) {
    return verdict(Within{"a", 0.2, 0.25},
                   {{"a", curve(90, {{0.5, middle}, {0.25, last}, {0.125, beyond}})}});
  };
  EXPECT_EQ(with(90, 89.8, 50), "reproduced");
  EXPECT_EQ(with(89.8 - kHalf + 0.001, 90, 90), "undecided");
  EXPECT_EQ(with(89.8 - kHalf - 0.001, 90, 90), "not reproduced");
  EXPECT_EQ(with(90, 89.8 - kHalf - 0.001, 90), "not reproduced");
  EXPECT_EQ(verdict(Within{"a", 0.2, 0.25}, {{"a", curve(90, {{0.5, 90}})}}), "not compared");
  const Judgement judgement =
      judge({Within{"a", 0.2, 0.25}}, {{"a", curve(90, {{0.5, 89.9}, {0.25, 90.3}})}}, true);
  EXPECT_EQ(judgement.statement, "a within 0.2 pp of dense down to 25%");
  EXPECT_EQ(judgement.measured, "lowest -0.10 ± 0.23 pp, at 50%");
}

TEST(Claims, PartingIsForGood) {
  // Below at 50% and back at 25%: it parts only at 12.5%.
  const MeasuredCurve a = curve(90, {{0.5, 89}, {0.25, 90}, {0.125, 89}, {0.0625, 88}});
  EXPECT_DOUBLE_EQ(parting_density(a), 0.125);
  EXPECT_EQ(parting_density(curve(90, {{0.5, 89}, {0.25, 89.9}})), 0);
  EXPECT_EQ(verdict(Parts{"a", 0.2, 1.6}, {{"a", a}}), "reproduced");
  EXPECT_EQ(verdict(Parts{"a", 0.21, 1.6}, {{"a", a}}), "not reproduced");
  EXPECT_EQ(verdict(Parts{"a", 0.079, 1.6}, {{"a", a}}), "reproduced");
  EXPECT_EQ(verdict(Parts{"a", 0.078, 1.6}, {{"a", a}}), "not reproduced");
  EXPECT_EQ(judge({Parts{"b", 0.2}}, {{"b", curve(90, {{0.5, 90}})}}, true).measured, "not down to 50%");
}

TEST(Claims, OnePartsBeforeTheOther) {
  const MeasuredCurve early = curve(90, {{0.5, 89}, {0.25, 89}}), late = curve(90, {{0.5, 90}, {0.25, 89}}),
                      never = curve(90, {{0.5, 90}, {0.25, 90}});
  const auto first = [](const MeasuredCurve& a, const MeasuredCurve& b) {
    return verdict(PartsFirst{"a", "b"}, {{"a", a}, {"b", b}});
  };
  EXPECT_EQ(first(early, late), "reproduced");
  EXPECT_EQ(first(early, never), "reproduced");
  EXPECT_EQ(first(late, early), "not reproduced");
  EXPECT_EQ(first(never, early), "not reproduced");
  EXPECT_EQ(first(early, early), "undecided");
  EXPECT_EQ(first(never, never), "undecided");
}

TEST(Claims, TooFewReplicatesDecideNothingAboutShape) {
  Measured measured = {{"a", curve(90, {{0.5, 95}})}, {"b", curve(90, {{0.5, 85}})}};
  for (auto& [name, one] : measured) one.dense.pop_back(), one.points[0].accuracies.pop_back();
  for (const Claim& claim :
       std::vector<Claim>{Above{"a", "b", 0.5}, Within{"a", 0, 0.5}, PartsFirst{"b", "a"}, Parts{"b", 0.5}}) {
    const Judgement judgement = judge({claim}, measured, true);
    EXPECT_EQ(judgement.verdict, "undecided") << judgement.statement;
    EXPECT_EQ(judgement.why, "needs at least 3 replicates");
  }
}

TEST(Claims, WhatWasNotMeasuredIsNotCompared) {
  const Measured measured = {{"a", curve(90, {{0.5, 90}})}};
  for (const Claim& claim :
       std::vector<Claim>{Accuracy{"a", 0.4, 90}, Accuracy{"b", 0.5, 90}, Gain{"a", 0.6, 0},
                          Gain{"b", 0.5, 0}, Parts{"b", 0.5}, Above{"a", "b", 0.5}, Above{"b", "a", 0.5},
                          Within{"b", 0, 0.5}, PartsFirst{"a", "b"}}) {
    const Judgement judgement = judge({claim}, measured, true);
    EXPECT_EQ(judgement.verdict, "not compared") << judgement.statement;
    EXPECT_TRUE(judgement.why.starts_with("nothing measured near ")) << judgement.why;
  }
}

TEST(Claims, TheLastLineCounts) {
  std::vector<Judgement> judgements(6);
  const char* verdicts[] = {"reproduced",   "not reproduced", "undecided",
                            "not compared", "reproduced",     "not compared"};
  for (std::size_t i = 0; i < 6; ++i) judgements[i].verdict = verdicts[i];
  EXPECT_EQ(count_verdicts(judgements), "2 of 4 lines reproduced, 1 not, 1 undecided; 2 not compared.");
}

}  // namespace
}  // namespace coppice
