#pragma once
#include <cstdint>
#include <optional>
#include <span>

namespace coppice {

/// Values summed up: how many, their mean, and their standard deviation with n - 1 in the denominator (0
/// where there is only one).
struct Sample {
  std::int64_t count = 0;
  double mean = 0, sd = 0;
};
Sample sample_of(std::span<const double> values);

/// Where an unknown value lies with the confidence asked for.
struct ConfidenceInterval {
  double low = 0, high = 0;
  double half_width() const { return (high - low) / 2; }
  bool operator==(const ConfidenceInterval&) const = default;
};

/// The t below which Student's distribution with `degrees` of freedom (any above 0, whole or not) has the
/// probability `p`, inside (0, 1). Throws Failure outside these.
double student_t_quantile(double p, double degrees);

/// Of the mean of what the values are drawn from, by Student's t. None for fewer than two values: one says
/// nothing of its own spread.
std::optional<ConfidenceInterval> mean_interval(const Sample& sample, double confidence = 0.95);

/// Standard error of a difference of two means, and its degrees of freedom.
struct WelchError {
  double standard_error = 0, degrees = 1;
};
/// Of a.mean - b.mean, both with at least two values, their variances not taken to be equal: Welch 1947, "The
/// generalization of 'Student's' problem when several different population variances are involved", with
/// Satterthwaite's degrees of freedom (1946).
WelchError welch_error(const Sample& a, const Sample& b);

/// Of the difference of the means of what a and b are drawn from. None where either has fewer than two
/// values.
std::optional<ConfidenceInterval> welch_interval(const Sample& a, const Sample& b, double confidence = 0.95);

}  // namespace coppice
