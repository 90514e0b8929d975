#include "measure/alternate.h"

#include "coppice/error.h"

#include "measure/clock.h"

namespace coppice {

Interval Alternation::median_of_samples(const std::vector<double>& values) const {
  return groups.empty() ? bootstrap_median(values, bootstrap)
                        : bootstrap_median_of_groups(values, groups, bootstrap);
}

Interval Alternation::ratio(std::size_t numerator, std::size_t denominator) const {
  const std::vector<double>& top = series.at(numerator).seconds;
  const std::vector<double>& bottom = series.at(denominator).seconds;
  std::vector<double> ratios;
  for (std::size_t i = 0; i < top.size(); ++i) ratios.push_back(top[i] / bottom[i]);
  return median_of_samples(ratios);
}

Alternation alternate(const std::vector<Alternative>& alternatives, const AlternateOptions& options) {
  constexpr int kMostSamples = 1000;
  if (alternatives.empty() || options.samples < 1) throw Failure("internal: nothing to measure");
  const std::function<double()> clock = options.clock ? options.clock : steady_seconds;
  const auto before_run = [&] {
    if (options.between_runs) options.between_runs();
  };
  const auto run = [](const Alternative& alternative) {
    if (alternative.run) {
      alternative.run();
    } else {
      alternative.measure();
    }
  };
  const auto timed_run = [&](const Alternative& alternative) {
    if (alternative.measure) return alternative.measure();
    const double start = clock();
    alternative.run();
    return clock() - start;
  };
  for (int i = 0; i < options.warmup; ++i) {
    for (const Alternative& alternative : alternatives) {
      before_run();
      run(alternative);
    }
  }
  Alternation result;
  result.bootstrap = options.bootstrap;
  for (const Alternative& alternative : alternatives) result.series.push_back({alternative.name, {}, {}});
  double measured = 0;
  for (int round = 0; round < options.samples || (measured < options.seconds && round < kMostSamples);
       ++round) {
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
      before_run();
      for (int untimed = 0; untimed < options.warm; ++untimed) run(alternatives[i]);
      const double seconds = timed_run(alternatives[i]);
      result.series[i].seconds.push_back(seconds);
      measured += seconds;
    }
  }
  for (Series& series : result.series) series.time = bootstrap_median(series.seconds, options.bootstrap);
  return result;
}

}  // namespace coppice
