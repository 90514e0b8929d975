#pragma once
#include "coppice/ticket.h"

#include <string>
#include <vector>

namespace coppice {

/// curve.csv: a row per replicate and level, the search's own (branch "ticket") and then its controls', each
/// in the order given.
std::string curve_csv(const std::vector<LevelRecord>& records, const std::vector<LevelRecord>& controls = {});

/// curve.svg: test accuracy (mean, and its 95% interval where there are replicates) over density, sparser to
/// the right on a logarithmic axis, with the dense network's accuracy as a line and the controls beside.
std::string curve_svg(const std::vector<LevelSummary>& curve, const std::string& title,
                      const std::vector<BranchSummary>& controls = {});

}  // namespace coppice
