#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "measure/bootstrap.h"

namespace coppice {

/// One way of doing the work whose time is wanted.
struct Alternative {
  std::string name;
  std::function<void()> run;
  /// Where given, called instead of a timed run: it measures itself (on another device's clock, say) and
  /// returns seconds. Untimed runs are `run` still, or a measurement thrown away where there is none.
  std::function<double()> measure = {};
};

struct AlternateOptions {
  int warmup = 1;    ///< Untimed runs of each, first.
  int samples = 10;  ///< Timed runs of each, at least.
  /// More samples are taken until this much time was measured (or there are 1000), so that short work is
  /// sampled often.
  double seconds = 0;
  /// Untimed runs of the same alternative before each timed one: its data lie in the caches as a loop over it
  /// leaves them (kLoop), rather than as the other alternatives do.
  int warm = 0;
  BootstrapOptions bootstrap;
  std::function<double()> clock;       ///< Seconds; empty: the steady clock. Tests put their own here.
  std::function<void()> between_runs;  ///< Called before every run, untimed; may throw to stop.
};

struct Series {
  std::string name;
  std::vector<double> seconds;
  Interval time;
};

/// Runs after which caches are as a loop leaves them. One is not enough for what passes the second level: the
/// third keeps what was used twice.
inline constexpr int kLoop = 3;

/// What alternating found; the i-th sample of every series was taken in the same round.
struct Alternation {
  std::vector<Series> series;
  BootstrapOptions bootstrap;
  /// How many samples of each series share what the rest does not (memory that was allocated for them), in
  /// order; empty where all do.
  std::vector<std::size_t> groups = {};

  /// The median of one value for each sample, with its interval.
  Interval median_of_samples(const std::vector<double>& values) const;

  /// Time of series `numerator` over that of `denominator`: the median over rounds, so that slow spells of
  /// the machine, which touch both, cancel.
  Interval ratio(std::size_t numerator, std::size_t denominator) const;
};

/// Runs the alternatives in turn, A B A B ..., and times each run. Whatever is compared with something else
/// is timed here and nowhere else.
Alternation alternate(const std::vector<Alternative>& alternatives, const AlternateOptions& options);

}  // namespace coppice
