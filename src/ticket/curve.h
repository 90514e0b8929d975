#pragma once
#include "coppice/ticket.h"

#include <string>
#include <vector>

namespace coppice {

/// curve.csv: a row per replicate and level, in the order of `records`.
std::string curve_csv(const std::vector<LevelRecord>& records);

/// curve.svg: test accuracy (mean, and one standard deviation where there are replicates) over density,
/// sparser to the right on a logarithmic axis, with the dense network's accuracy as a line.
std::string curve_svg(const std::vector<LevelSummary>& curve, const std::string& title);

}  // namespace coppice
