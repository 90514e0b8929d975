#pragma once
#include <nlohmann/json.hpp>

#include "cuda_bench/time_case.h"
#include "kernels/cuda/libraries/libraries.h"

namespace coppice {

/// One case. Where it was only predicted: its shape and limits, of our kernels each that can serve it, or why
/// it cannot.
nlohmann::ordered_json to_json(const CudaCaseResult& result);

nlohmann::ordered_json to_json(const GpuState& state);

/// What all cases of a run share.
struct CudaRunInfo {
  std::string suite;
  std::optional<kernels::CudaDevice> device;    ///< None: a dry run.
  std::string driver;                           ///< Of the display driver.
  std::string date;                             ///< "2026-01-31T12:00:00Z"
  std::vector<kernels::CudaLibrary> libraries;  ///< Measured against.
  std::optional<kernels::CudaCeilings> ceilings;
  MachineRates rates;
  std::size_t planned = 0;  ///< Cases; a run that was cut short has fewer results.
};

/// {"suite", "device", "driver", "date", "libraries", "ceilings", "rates", "planned", "results": []}
nlohmann::ordered_json to_json(const CudaRunInfo& info);

}  // namespace coppice
