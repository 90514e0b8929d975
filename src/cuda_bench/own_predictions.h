#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cuda_bench/cases.h"
#include "cuda_bench/machine_rates.h"

namespace coppice {

/// What is known of one of our kernels on a case before it runs.
struct OwnPrediction {
  std::string kernel;
  std::string refusal;             ///< Why it cannot serve the case in any layout; empty where it can.
  std::optional<TimeLimit> limit;  ///< Predicted (own_limits.h); empty where it refuses, or none is known.
};

/// One for each candidate. `layer`: the case's, or one of its shape and density.
std::vector<OwnPrediction> own_predictions(const CudaCase& what, const kernels::Layer& layer,
                                           const kernels::CudaCandidates& own,
                                           const kernels::CudaDevice& device, const MachineRates& machine);

}  // namespace coppice
