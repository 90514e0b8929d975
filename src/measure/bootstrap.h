#pragma once
#include <cstdint>
#include <span>

namespace coppice {

/// A median and the interval in which it lies with the confidence asked for.
struct Interval {
  double median = 0, low = 0, high = 0;
};

/// The middle value, or the mean of the two middle ones. Throws Failure where there is none.
double median_of(std::span<const double> values);

struct BootstrapOptions {
  double confidence = 0.95;
  int resamples = 2000;  ///< 0: the median alone, for an interval nobody will look at.
  std::uint64_t seed = 1;
};

/// Percentile bootstrap of the median (Efron 1979): quantiles of the medians of samples drawn from `values`
/// with replacement. The same values, in any order, and seed give the same interval.
Interval bootstrap_median(std::span<const double> values, const BootstrapOptions& options = {});

}  // namespace coppice
