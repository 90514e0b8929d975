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

/// The same for values in groups that have something in common (where memory lies, say), which differs from
/// group to group: groups are drawn with replacement, then as many values of each (two-stage bootstrap,
/// Davison and Hinkley 1997, section 3.8). Such values are not independent, and drawing them one by one would
/// promise more than they hold.
///   sizes  of the groups, which stand one behind the other in `values`
/// Throws Failure where the sizes do not add up.
Interval bootstrap_median_of_groups(std::span<const double> values, std::span<const std::size_t> sizes,
                                    const BootstrapOptions& options = {});

}  // namespace coppice
