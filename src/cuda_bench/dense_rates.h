#pragma once
#include "cuda_bench/contenders.h"
#include "cuda_bench/machine_rates.h"

namespace coppice {

/// Puts the best rates of dense libraries on a large square product in TF32 and BF16 in place of mma.sync's,
/// which is not what they use. Leaves a rate as it is where no library serves that precision, or is slower.
void measure_dense_rates(MachineRates& machine, const CudaField& field, const kernels::CudaDevice& device);

}  // namespace coppice
