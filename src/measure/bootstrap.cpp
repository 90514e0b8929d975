#include "measure/bootstrap.h"

#include "coppice/error.h"
#include "coppice/random.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace coppice {

static std::vector<double> sorted(std::span<const double> values) {
  if (values.empty()) throw Failure("internal: the median of nothing");
  std::vector<double> ordered(values.begin(), values.end());
  std::sort(ordered.begin(), ordered.end());
  return ordered;
}

static double middle_of(const std::vector<double>& ordered) {
  const std::size_t half = ordered.size() / 2;
  return ordered.size() % 2 ? ordered[half] : 0.5 * (ordered[half - 1] + ordered[half]);
}

/// The median of a sample that holds each of the ordered values so many times, without laying it out.
static double middle_of(const std::vector<double>& ordered, const std::vector<std::uint32_t>& times) {
  const std::size_t half = ordered.size() / 2;
  std::size_t i = 0, seen = times[0];
  while (seen < half) seen += times[++i];  // the last of the lower half
  std::size_t above = i;
  if (seen == half) {
    do ++above;
    while (times[above] == 0);
  }
  return ordered.size() % 2 ? ordered[above] : 0.5 * (ordered[i] + ordered[above]);
}

double median_of(std::span<const double> values) { return middle_of(sorted(values)); }

/// The quantiles of the resamples' medians.
static Interval interval_of(double median, std::vector<double>& medians, double confidence) {
  if (medians.empty()) return {median, median, median};
  std::sort(medians.begin(), medians.end());
  // Of 2000 at 95%: the 50th from either end.
  const double tail = 0.5 * (1 - confidence) * static_cast<double>(medians.size());
  const auto cut = static_cast<std::size_t>(std::max(0.0, std::ceil(tail) - 1));
  return {median, medians[cut], medians[medians.size() - 1 - cut]};
}

Interval bootstrap_median(std::span<const double> values, const BootstrapOptions& options) {
  const std::vector<double> ordered = sorted(values);
  const Stream stream(options.seed, "bootstrap");
  const auto count = static_cast<std::uint32_t>(ordered.size());
  std::vector<double> medians;
  std::vector<std::uint32_t> times(count);
  std::uint64_t draw = 0;
  for (int i = 0; i < options.resamples; ++i) {
    std::fill(times.begin(), times.end(), 0);
    for (std::uint32_t drawn = 0; drawn < count; ++drawn) ++times[stream.below(draw++, count)];
    medians.push_back(middle_of(ordered, times));
  }
  return interval_of(middle_of(ordered), medians, options.confidence);
}

Interval bootstrap_median_of_groups(std::span<const double> values, std::span<const std::size_t> sizes,
                                    const BootstrapOptions& options) {
  std::vector<std::size_t> begin = {0};
  for (const std::size_t size : sizes) begin.push_back(begin.back() + size);
  if (begin.back() != values.size()) throw Failure("internal: groups that are not the values");
  const double median = median_of(values);
  const Stream stream(options.seed, "bootstrap/groups");
  const auto groups = static_cast<std::uint32_t>(sizes.size());
  std::vector<double> medians, drawn;
  std::uint64_t draw = 0;
  for (int i = 0; i < options.resamples; ++i) {
    drawn.clear();
    for (std::uint32_t g = 0; g < groups; ++g) {
      const std::uint32_t group = stream.below(draw++, groups);
      const auto size = static_cast<std::uint32_t>(sizes[group]);
      for (std::uint32_t k = 0; k < size; ++k)
        drawn.push_back(values[begin[group] + stream.below(draw++, size)]);
    }
    if (!drawn.empty()) medians.push_back(median_of(drawn));
  }
  return interval_of(median, medians, options.confidence);
}

}  // namespace coppice
