#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/scatter_mma/cost.h"

namespace coppice::kernels {

/// How the slices of blocks of rows are shared out among blocks of threads.
struct ScatterShares {
  /// For each block of rows: where its parts begin, and where the last ends.
  std::vector<std::vector<std::uint32_t>> bounds;
  double clocks = 0;  ///< That all takes, on so many multiprocessors.
};

/// In parts of as equal costs as can be, as many as the tiling says; or so many that all is done soonest: few
/// leave multiprocessors idle, many have long sums to add up. `slice_costs`: of each block of rows.
ScatterShares share_slices(const std::vector<std::vector<double>>& slice_costs, const ScatterTiling& tiling,
                           const ScatterCost& cost);

}  // namespace coppice::kernels
