#pragma once
#include <vector>

#include "kernels/cuda/libraries/search.h"

namespace coppice::kernels {

/// All that cudnn_engines_candidate() tries for a request that it does not refuse: an attempt for each engine
/// that is worth timing, in each form of the graph. Not there without cudnn.h. Throws CudaError.
std::vector<Attempt> cudnn_engine_attempts(const CudaRequest& request);

}  // namespace coppice::kernels
