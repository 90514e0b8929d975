#include "measure/bootstrap.h"

#include "coppice/error.h"
#include "coppice/random.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace coppice {

static double sort_and_take_median(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

double median_of(std::span<const double> values) {
  if (values.empty()) throw Failure("internal: the median of nothing");
  std::vector<double> sorted(values.begin(), values.end());
  return sort_and_take_median(sorted);
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
    medians.push_back(sort_and_take_median(drawn));
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
