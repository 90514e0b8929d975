#pragma once
#include "coppice/ticket.h"

#include <map>
#include <string>
#include <vector>

namespace coppice {

/// Test accuracies, in percent, of all replicates at one density.
struct MeasuredPoint {
  double density = 1;
  std::vector<double> accuracies;
};

/// Accuracy over density of one way of pruning, beside the dense network's.
struct MeasuredCurve {
  std::vector<double> dense;
  std::vector<MeasuredPoint> points;  ///< Without the dense network, densest first.
};

/// By name: that of a part of the experiment, or of a control beside it: "lenet", "lenet/reinit".
using Measured = std::map<std::string, MeasuredCurve>;

/// Adds a run's levels to the curve `name`, and its controls' to `name`/control. Points of several runs may
/// make up one curve; the dense network is then that of the first.
void add_run(Measured& measured, const std::string& name, const std::vector<LevelRecord>& records,
             const std::vector<LevelRecord>& controls);

/// The point nearest to a density, if it is less than half a level of 20% away; null otherwise.
const MeasuredPoint* point_at(const MeasuredCurve& curve, double density);

/// The greatest density from which on every point lies below dense with its 95% interval; 0 where there is
/// none, as of points with too few replicates for a verdict.
double parting_density(const MeasuredCurve& curve);

/// Mean accuracy with half of its 95% interval, a row per density and a column per curve.
std::string accuracy_table(const Measured& measured);

}  // namespace coppice
