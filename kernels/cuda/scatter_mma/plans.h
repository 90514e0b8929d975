#pragma once
#include <optional>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/scatter_mma/pack.h"

namespace coppice::kernels {

/// With as many and as large stages as shared memory has room for and slices need, going by the layer's
/// density. None where they do not fit, or not into registers.
std::optional<ScatterTiling> scatter_tiling(const CudaRequest& request, int row_tiles, int warps, int teams,
                                            int sharing);

/// The tilings worth timing for 9 to 64 images of a linear layer, at most four, the likeliest first. Empty
/// where the device's shared memory is too small.
std::vector<ScatterTiling> scatter_tilings(const CudaRequest& request);

}  // namespace coppice::kernels
