#include "compare/bench_sweep.h"

#include "coppice/error.h"

#include <algorithm>

#include "measure/bench_shape.h"

namespace coppice {

double crossing_density(std::vector<SpeedupAt> curve) {
  if (curve.empty()) throw Failure("internal: no speedups to look for a crossing in");
  std::sort(curve.begin(), curve.end(), [](auto& a, auto& b) { return a.density < b.density; });
  const auto below =
      std::find_if(curve.begin(), curve.end(), [](const SpeedupAt& at) { return at.speedup < 1; });
  if (below == curve.end()) return 1;
  if (below == curve.begin()) return below->density;
  const SpeedupAt& left = *(below - 1);
  const double from = 1 / left.speedup, to = 1 / below->speedup;
  return left.density + (1 - from) / (to - from) * (below->density - left.density);
}

std::vector<std::vector<BenchCase>> sweep_cases(const std::vector<double>& given, bool quick) {
  std::vector<double> densities = given;
  if (densities.empty() && quick) densities = {0, 0.05, 0.1, 0.2, 0.4, 0.7, 1};
  if (densities.empty()) {
    for (int i = 0; i <= 20; ++i) densities.push_back(i / 20.0);
  }
  std::sort(densities.begin(), densities.end());
  struct Sized {
    kernels::LayerShape shape;
    std::int64_t images;
  };
  std::vector<std::vector<BenchCase>> sweeps;
  for (const Sized& sized :
       {Sized{linear_shape(1024, 1024), 128}, Sized{linear_shape(1024, 1024), 1},
        Sized{conv_shape(64, 64, 32, 32, 3), 16}, Sized{conv_shape(256, 256, 8, 8, 3), 1},
        Sized{conv_shape(256, 256, 14, 14, 1), 16}}) {
    sweeps.emplace_back();
    for (const double density : densities)
      sweeps.back().push_back(random_case(sized.shape, sized.images, density));
  }
  return sweeps;
}

Sweep sweep_of(std::vector<LayerTiming> points) {
  Sweep sweep;
  sweep.layer = points.at(0).comparison.shape;
  sweep.images = points[0].comparison.batch;
  std::vector<SpeedupAt> measured, predicted;
  for (const LayerTiming& point : points) {
    measured.push_back({point.comparison.density, point.comparison.sparse_speedup.median});
    predicted.push_back({point.comparison.density, point.comparison.limit_speedup});
  }
  sweep.break_even = crossing_density(measured);
  sweep.predicted_break_even = crossing_density(predicted);
  sweep.points = std::move(points);
  return sweep;
}

}  // namespace coppice
