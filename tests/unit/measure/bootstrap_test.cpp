#include "measure/bootstrap.h"

#include "coppice/error.h"
#include "coppice/random.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace coppice {
namespace {

TEST(Bootstrap, MedianOfOddAndEvenCounts) {
  EXPECT_EQ(median_of(std::vector<double>{3, 1, 2}), 2);
  EXPECT_EQ(median_of(std::vector<double>{4, 1, 3, 2}), 2.5);
  EXPECT_THROW(median_of({}), Failure);
}

TEST(Bootstrap, OfEqualValuesIsAPoint) {
  const Interval interval = bootstrap_median(std::vector<double>(7, 0.25));
  EXPECT_EQ(interval.median, 0.25);
  EXPECT_EQ(interval.low, 0.25);
  EXPECT_EQ(interval.high, 0.25);
}

// The median of n (odd) values drawn from the n order statistics is at most the k-th with the probability
// that at least (n + 1) / 2 of n draws fall on the first k: a binomial tail, so its quantiles are known.
double at_most(int n, int k) {
  const double p = static_cast<double>(k) / n;
  double sum = 0;
  for (int hits = (n + 1) / 2; hits <= n; ++hits) {
    const double ways = std::lgamma(n + 1) - std::lgamma(hits + 1) - std::lgamma(n - hits + 1);
    sum += std::exp(ways) * std::pow(p, hits) * std::pow(1 - p, n - hits);
  }
  return sum;
}

TEST(Bootstrap, IntervalIsThatOfTheExactDistribution) {
  for (const int n : {11, 15, 21, 31}) {
    std::vector<double> values;
    for (int i = 1; i <= n; ++i) values.push_back(i);
    int low = 1, high = n;
    while (at_most(n, low) < 0.025) ++low;
    while (at_most(n, high - 1) >= 0.975) --high;
    std::reverse(values.begin(), values.end());  // order does not matter
    const Interval interval = bootstrap_median(values, {.resamples = 20000});
    EXPECT_EQ(interval.median, (n + 1) / 2);
    EXPECT_EQ(interval.low, low) << n;
    EXPECT_EQ(interval.high, high) << n;
  }
}

TEST(Bootstrap, IsWhatDrawingAndSortingGives) {
  for (const std::uint32_t n : {1u, 2u, 3u, 4u, 7u, 10u, 25u}) {
    std::vector<double> ordered;
    for (std::uint32_t i = 0; i < n; ++i) ordered.push_back(i / 3 * 1.5);  // with equal ones
    const Stream stream(9, "bootstrap");
    std::vector<double> medians;
    for (std::uint32_t sample = 0; sample < 200; ++sample) {
      std::vector<double> drawn;
      for (std::uint32_t i = 0; i < n; ++i) drawn.push_back(ordered[stream.below(sample * n + i, n)]);
      medians.push_back(median_of(drawn));
    }
    std::sort(medians.begin(), medians.end());
    const Interval interval = bootstrap_median(ordered, {.resamples = 200, .seed = 9});
    EXPECT_EQ(interval.low, medians[4]) << n;  // the 5th from either end
    EXPECT_EQ(interval.high, medians[195]) << n;
    std::reverse(ordered.begin(), ordered.end());
    EXPECT_EQ(bootstrap_median(ordered, {.resamples = 200, .seed = 9}).low, interval.low);
  }
}

TEST(Bootstrap, WithoutResamplesThereIsTheMedianAlone) {
  const Interval interval = bootstrap_median(std::vector<double>{4, 1, 2}, {.resamples = 0});
  EXPECT_EQ(interval.median, 2);
  EXPECT_EQ(interval.low, 2);
  EXPECT_EQ(interval.high, 2);
}

TEST(Bootstrap, SameSeedSameInterval) {
  const std::vector<double> values = {1.0, 1.1, 0.9, 1.3, 1.02, 0.97, 1.5, 1.01};
  const Interval a = bootstrap_median(values), b = bootstrap_median(values);
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_LE(a.low, a.median);
  EXPECT_GE(a.high, a.median);
}

TEST(Bootstrap, OfGroupsIsAsWideAsTheyDiffer) {
  // Two groups without spread: a resample is all 1, all 2 or both, each in 1, 1 and 2 of 4 cases.
  const std::vector<double> apart = {1, 1, 1, 2, 2, 2};
  const std::vector<std::size_t> sizes = {3, 3};
  const Interval interval = bootstrap_median_of_groups(apart, sizes);
  EXPECT_EQ(interval.median, 1.5);
  EXPECT_EQ(interval.low, 1);
  EXPECT_EQ(interval.high, 2);
  const Interval alone = bootstrap_median_of_groups(apart, sizes, {.confidence = 0.4});
  EXPECT_EQ(alone.low, 1.5) << "the middle half of the cases";
  EXPECT_EQ(alone.high, 1.5);
}

TEST(Bootstrap, OfOneGroupIsThatOfItsValues) {
  std::vector<double> values;
  for (int i = 1; i <= 21; ++i) values.push_back(i);
  const std::vector<std::size_t> one = {21};
  const Interval grouped = bootstrap_median_of_groups(values, one, {.resamples = 20000});
  const Interval plain = bootstrap_median(values, {.resamples = 20000});
  EXPECT_EQ(grouped.median, plain.median);
  EXPECT_EQ(grouped.low, plain.low);
  EXPECT_EQ(grouped.high, plain.high);
  EXPECT_THROW(bootstrap_median_of_groups(values, std::vector<std::size_t>{20}), Failure);
}

}  // namespace
}  // namespace coppice
