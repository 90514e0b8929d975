#pragma once
#include <string>
#include <vector>

#include "cuda_bench/time_case.h"

namespace coppice {

/// One of our kernels on a skewed mask beside itself on a uniform one of the same layer and density.
struct SkewRatio {
  CudaCase what;
  std::string kernel;
  double skewed_s = 0, uniform_s = 0;  ///< Medians.
  /// Of the times. The two were not timed in turns: the interval is as wide as both of theirs allow.
  Interval ratio;
};

/// For every skewed case whose uniform one is among the results, and every kernel of ours timed on both.
std::vector<SkewRatio> skew_ratios(const std::vector<CudaCaseResult>& results);

std::string skew_table(const std::vector<SkewRatio>& ratios);  ///< Empty where there are none.
nlohmann::ordered_json to_json(const SkewRatio& ratio);

}  // namespace coppice
