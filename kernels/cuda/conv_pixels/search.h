#pragma once
#include <utility>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/conv_pixels/pack.h"

namespace coppice::kernels {

/// Clocks of a run without the launch, by cost.h, where nonzeros lie evenly among the rows that have any.
using TimedTiling = std::pair<double, ConvPixelsTiling>;

/// All tilings that fit into the device's shared memory, the fastest first.
std::vector<TimedTiling> search_conv_pixels(const CudaRequest& request);

}  // namespace coppice::kernels
