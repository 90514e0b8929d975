#include "measure/bootstrap.h"

#include "coppice/error.h"
#include "coppice/random.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace coppice {

/// Leaves the values in another order.
static double take_median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());  // a sort would take most of a short measurement
  return values.size() % 2 ? *middle : 0.5 * (*std::max_element(values.begin(), middle) + *middle);
}

double median_of(std::span<const double> values) {
  if (values.empty()) throw Failure("internal: the median of nothing");
  std::vector<double> copy(values.begin(), values.end());
  return take_median(copy);
}

Interval bootstrap_median(std::span<const double> values, const BootstrapOptions& options) {
  Interval interval;
  interval.median = median_of(values);
  const Stream stream(options.seed, "bootstrap");
  const auto count = static_cast<std::uint32_t>(values.size());
  std::vector<double> medians, drawn(count);
  std::uint64_t draw = 0;
  for (int i = 0; i < options.resamples; ++i) {
    for (double& value : drawn) value = values[stream.below(draw++, count)];
    medians.push_back(take_median(drawn));
  }
  std::sort(medians.begin(), medians.end());
  // Of 2000 at 95%: the 50th from either end.
  const double tail = 0.5 * (1 - options.confidence) * static_cast<double>(medians.size());
  const auto cut = static_cast<std::size_t>(std::max(0.0, std::ceil(tail) - 1));
  interval.low = medians[cut];
  interval.high = medians[medians.size() - 1 - cut];
  return interval;
}

}  // namespace coppice
