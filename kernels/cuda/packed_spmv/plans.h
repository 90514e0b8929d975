#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/packed_spmv/pack.h"

namespace coppice::kernels {

SpmvFormat spmv_format(Precision precision);  ///< TF32 is served in FP32, which is more exact.

/// The tilings worth timing for 1 to 8 images of a linear layer, the likeliest first. Empty where the
/// device's shared memory holds no block of columns.
std::vector<SpmvTiling> spmv_tilings(const CudaRequest& request);

/// Lanes of a team. `pieces` per range, of so many groups in the mean.
int spmv_lanes(double pieces, double groups, int threads, int least);

}  // namespace coppice::kernels
