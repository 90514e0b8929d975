#pragma once
#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "kernels/cuda/ceilings/ceilings.h"
#include "kernels/cuda/devices.h"

namespace coppice {

/// What the limits are made of: a device's ceilings as plain rates.
struct MachineRates {
  bool assumed = false;  ///< Nominal figures of a device that is not here.
  double hbm_gb_s = 0, l2_gb_s = 0, shared_gb_s = 0, shared_gather_gb_s = 0;
  double fp32_gflops = 0;
  double mma_bf16_gflops = 0;                           ///< mma.sync, for our own kernels.
  double dense_tf32_gflops = 0, dense_bf16_gflops = 0;  ///< Of libraries, which have faster instructions.
  std::string dense_rates_from;                         ///< Where those two come from, in words.
  double launch_s = 0;                                  ///< Between two launches in a graph.
  /// The same where a kernel overlaps the launch before it; 0: not known, or the device cannot.
  double overlapped_launch_s = 0;
  double l2_bytes = 0;
  int multiprocessors = 1;
};

/// An H200 as its data sheet and measurements of others have it: for predictions without one.
MachineRates nominal_h200();
kernels::CudaDevice nominal_h200_device();  ///< The same as kernels are asked about it.

/// Medians of the ceilings. Rates of dense libraries are unknown to probes: until something better is put
/// there (dense_rates.h), mma.sync's rate stands for them, half of it for TF32.
MachineRates measured_rates(const kernels::CudaDevice& device, const kernels::CudaCeilings& ceilings);

nlohmann::ordered_json to_json(const MachineRates& rates);
nlohmann::ordered_json to_json(const kernels::CudaCeilings& ceilings);
nlohmann::ordered_json to_json(const kernels::CudaDevice& device);

/// "HBM 4300, L2 5500, shared memory 33400 (gathers 9460) GB/s; fp32 67, ... TFLOP/s; launch 2.5 us"
std::string to_text(const MachineRates& rates);

}  // namespace coppice
