// Student's t and the intervals that rest on it. The distribution is a regularised incomplete beta function,
// here by its continued fraction (Lentz's method), and its quantile by bisection: slow and sure, for it is
// asked for a few times a table.
#include "coppice/statistics.h"

#include "coppice/error.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace coppice {

namespace {

/// The continued fraction of the incomplete beta function; converges fast for x < (a + 1) / (a + b + 2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr int kTerms = 1000;
  const auto away_from_zero = [](double value) { return std::fabs(value) < kTiny ? kTiny : value; };
  double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m <= kTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d), c = away_from_zero(1 + even / c), fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d), c = away_from_zero(1 + odd / c), fraction *= d * c;
    if (std::fabs(d * c - 1) < std::numeric_limits<double>::epsilon()) break;
  }
  return fraction;
}

/// I_x(a, b), the regularised incomplete beta function; `rest` is 1 - x, known without cancellation.
double incomplete_beta(double a, double b, double x, double rest) {
  if (x <= 0) return 0;
  if (rest <= 0) return 1;
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(rest));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, rest) / b;
}

/// Probability of a value above t >= 0.
double upper_tail(double t, double degrees) {
  const double sum = degrees + t * t;
  return incomplete_beta(degrees / 2, 0.5, degrees / sum, t * t / sum) / 2;
}

}  // namespace

Sample sample_of(std::span<const double> values) {
  Sample sample{static_cast<std::int64_t>(values.size())};
  for (const double value : values) sample.mean += value / static_cast<double>(values.size());
  if (values.size() < 2) return sample;
  double squares = 0;
  for (const double value : values) squares += (value - sample.mean) * (value - sample.mean);
  sample.sd = std::sqrt(squares / static_cast<double>(values.size() - 1));
  return sample;
}

double student_t_quantile(double p, double degrees) {
  if (!(p > 0 && p < 1 && degrees > 0 && std::isfinite(degrees)))
    throw Failure(fmt::format("internal: Student's t at p = {} with {} degrees of freedom", p, degrees));
  if (p == 0.5) return 0;
  if (p < 0.5) return -student_t_quantile(1 - p, degrees);
  double low = 0, high = 1;
  while (upper_tail(high, degrees) > 1 - p) low = high, high *= 2;
  for (;;) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    (upper_tail(middle, degrees) > 1 - p ? low : high) = middle;
  }
}

std::optional<ConfidenceInterval> mean_interval(const Sample& sample, double confidence) {
  if (sample.count < 2) return std::nullopt;
  const auto n = static_cast<double>(sample.count);
  const double half = student_t_quantile(0.5 + confidence / 2, n - 1) * sample.sd / std::sqrt(n);
  return ConfidenceInterval{sample.mean - half, sample.mean + half};
}

WelchError welch_error(const Sample& a, const Sample& b) {
  const auto n = static_cast<double>(a.count), m = static_cast<double>(b.count);
  const double va = a.sd * a.sd / n, vb = b.sd * b.sd / m, sum = va + vb;
  // Where neither spreads, the formula is 0 / 0, and no value of it matters: the interval is one point.
  if (sum <= 0) return {0, n + m - 2};
  return {std::sqrt(sum), sum * sum / (va * va / (n - 1) + vb * vb / (m - 1))};
}

std::optional<ConfidenceInterval> welch_interval(const Sample& a, const Sample& b, double confidence) {
  if (a.count < 2 || b.count < 2) return std::nullopt;
  const WelchError error = welch_error(a, b);
  const double half = student_t_quantile(0.5 + confidence / 2, error.degrees) * error.standard_error;
  return ConfidenceInterval{a.mean - b.mean - half, a.mean - b.mean + half};
}

}  // namespace coppice
