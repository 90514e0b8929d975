#pragma once
#include <functional>
#include <vector>

#include "sparse/way.h"

namespace coppice {

struct TimedWay {
  Way way;
  double seconds = 0;  ///< The median.
};

struct SurveyOptions {
  double seconds_per_way = 0.02;  ///< Measured of each way that is in question, at least; and seven samples.
  std::function<void(std::size_t step)> on_step;  ///< May throw to stop.
  std::function<void()> before_run;  ///< Before every run of a way, untimed, to displace caches, say;
                                     ///< without it runs are warm (AlternateOptions::warm).
};

/// How long everything takes that a plan may be made of, on real activations.
struct Survey {
  /// By step: for each pair of layouts the fastest way, and for each kernel its fastest way, fastest first.
  /// All were timed in alternation.
  std::vector<std::vector<TimedWay>> steps;
  /// By value, from the i-th to the j-th of its layouts_of.
  std::vector<std::vector<std::vector<double>>> convert_seconds;
};

/// Sorts the ways of a layer, fastest first. A sparse one that is not 3% faster than every dense one is given
/// the fastest dense one's time, and stands behind it: so much is luck, and a plan must not be slower than
/// dense for it.
void favour_dense(std::vector<TimedWay>& ways);

/// Times every way of every step, and every conversion. Each output is checked against plain kernels: throws
/// Failure where a kernel computes something else, Interrupted on Ctrl-C.
///   images  [n, channels, height, width]
Survey survey(const WayContext& context, const float* images, const SurveyOptions& options);

}  // namespace coppice
