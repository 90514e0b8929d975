#pragma once
#include <functional>
#include <string>
#include <vector>

#include "compare/bench_case.h"

namespace coppice {

struct SpeedupAt {
  double density = 0, speedup = 0;
};

/// The density below which sparse is faster: where the speedup first falls below 1 as the density rises.
/// Between two densities 1 / speedup is taken as a straight line, as the sparse kernel's time nearly is. 1
/// where it never falls below 1, the lowest density where it is below 1 from there on. Throws Failure on an
/// empty list.
double crossing_density(std::vector<SpeedupAt> curve);

/// One layer from no weights at all to all of them.
struct Sweep {
  std::string layer;
  std::int64_t images = 1;
  std::vector<LayerTiming> points;  ///< Density rises.
  double break_even = 0;            ///< Of the best sparse kernel, measured.
  double predicted_break_even = 0;  ///< Of the limits.
};

/// Two linear layers and three convolutions, at 21 densities from 0 to 1 (7 where `quick`), or those given.
std::vector<std::vector<BenchCase>> sweep_cases(const std::vector<double>& densities, bool quick);

Sweep sweep_of(std::vector<LayerTiming> points);

}  // namespace coppice
