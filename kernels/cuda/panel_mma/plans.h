#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/panel_mma/pack.h"

namespace coppice::kernels {

/// What a launch does and takes, for a uniform mask of the layer's density.
struct PanelPrediction {
  double seconds = 0;  ///< Of the whole launch, without what a launch costs.
  double l2_bytes = 0, shared_accesses = 0, tensor_flops = 0;  ///< Of all blocks of threads.
};

/// What a tiling would take by the limits of an H100's multiprocessors, scaled to the device's clock and
/// number: see plans.cpp.
PanelPrediction predict_panel_mma(const CudaRequest& request, const PanelTiling& tiling);

/// The tilings worth timing, the likeliest first, at most four. Empty where the device's shared memory holds
/// none.
std::vector<PanelTiling> panel_tilings(const CudaRequest& request);

}  // namespace coppice::kernels
