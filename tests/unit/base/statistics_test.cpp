#include "coppice/statistics.h"

#include "coppice/error.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace coppice {
namespace {

TEST(Statistics, MeanAndDeviationByHand) {
  const Sample sample = sample_of(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_EQ(sample.count, 8);
  EXPECT_DOUBLE_EQ(sample.mean, 5);
  EXPECT_DOUBLE_EQ(sample.sd, std::sqrt(32.0 / 7));
  EXPECT_EQ(sample_of(std::vector<double>{3}).sd, 0);
  EXPECT_EQ(sample_of({}).count, 0);
}

TEST(StudentT, QuantilesAreThoseOfSciPy) {
  // scipy.stats.t.ppf(p, degrees), SciPy 1.17.1.
  const struct {
    double p, degrees, t;
  } cases[] = {
      {0.975, 1, 12.706204736174694},    {0.975, 2, 4.302652729749462},     {0.975, 2.5, 3.5746548420036817},
      {0.975, 4, 2.7764451051977934},    {0.975, 7.3, 2.345066736547703},   {0.975, 30, 2.0422724563012378},
      {0.975, 1000, 1.9623390808264083}, {0.8, 2, 1.0606601717798214},      {0.995, 3, 5.840909309733355},
      {0.9, 0.5, 10.27032441023451},     {0.6, 12.25, 0.25891544261431393}, {0.025, 4, -2.7764451051977934}};
  for (const auto& [p, degrees, t] : cases)
    EXPECT_NEAR(student_t_quantile(p, degrees), t, 1e-10 * std::fabs(t)) << p << " " << degrees;
}

TEST(StudentT, ClosedFormsForOneAndTwoDegrees) {
  for (const double p : {0.51, 0.7, 0.9, 0.999, 0.999999}) {
    // Cauchy; and for two degrees t = (2p - 1) sqrt(2 / (4 p (1 - p))).
    EXPECT_NEAR(student_t_quantile(p, 1) / std::tan(M_PI * (p - 0.5)), 1, 1e-9) << p;
    EXPECT_NEAR(student_t_quantile(p, 2) / ((2 * p - 1) * std::sqrt(1 / (2 * p * (1 - p)))), 1, 1e-9) << p;
  }
  EXPECT_EQ(student_t_quantile(0.5, 3.7), 0);
  for (const auto& [p, degrees] : {std::pair{0.0, 3.0}, {1.0, 3.0}, {0.9, 0.0}, {NAN, 3.0}, {0.9, NAN}})
    EXPECT_THROW(student_t_quantile(p, degrees), Failure);
}

TEST(Intervals, OfAMeanAreThoseOfSciPy) {
  // scipy.stats.t.interval(0.95, 2, loc = mean, scale = sem) of these values.
  const auto interval = mean_interval(sample_of(std::vector<double>{88.4, 88.9, 88.6}));
  ASSERT_TRUE(interval);
  EXPECT_NEAR(interval->low, 88.00817238539575, 1e-9);
  EXPECT_NEAR(interval->high, 89.2584942812709, 1e-9);
  EXPECT_NEAR(interval->half_width(), 0.6251609479375762, 1e-9);
  EXPECT_FALSE(mean_interval(sample_of(std::vector<double>{88.4})));
  EXPECT_FALSE(mean_interval(Sample{}));
}

TEST(Intervals, OfADifferenceAreThoseOfSciPy) {
  const Sample a = sample_of(std::vector<double>{88.4, 88.9, 88.6}),
               b = sample_of(std::vector<double>{87.1, 88.3, 87.6, 87.9}),
               one = sample_of(std::vector<double>{88});
  // scipy.stats.ttest_ind(a, b, equal_var=False): df and confidence_interval(0.95).
  EXPECT_NEAR(welch_error(a, b).degrees, 4.561794166375336, 1e-9);
  const auto interval = welch_interval(a, b), other = welch_interval(b, a);
  ASSERT_TRUE(interval && other);
  EXPECT_NEAR(interval->low, 0.13639124939148972, 1e-9);
  EXPECT_NEAR(interval->high, 1.680275417275173, 1e-9);
  EXPECT_NEAR(other->low, -1.680275417275173, 1e-9);
  EXPECT_FALSE(welch_interval(a, one));
  EXPECT_FALSE(welch_interval(one, a));
}

TEST(Intervals, WithoutAnySpreadAreOnePoint) {
  const Sample a{3, 90, 0}, b{3, 88, 0};
  EXPECT_EQ(*welch_interval(a, b), (ConfidenceInterval{2, 2}));
  EXPECT_EQ(*mean_interval(a), (ConfidenceInterval{90, 90}));
  // One side alone without: Welch's degrees are then those of the other, n - 1 = 2.
  EXPECT_NEAR(welch_error(a, {3, 88, 0.5}).degrees, 2, 1e-12);
}

}  // namespace
}  // namespace coppice
