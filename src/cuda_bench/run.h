#pragma once
#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "cuda_bench/options.h"

namespace coppice {

struct CudaBenchOutcome {
  std::string text;             ///< Device, rates and tables.
  nlohmann::ordered_json json;  ///< The results file.
  int wrong = 0;                ///< Kernels that gave wrong outputs, and were not timed.
};

/// Measures the device's ceilings and times every case on every kernel; where `dry`, predicts. Results so far
/// are written to OUT/<suite>.json and .txt after every case, so that a run that is cut short loses
/// nothing. `say` hears what is under way. Throws BadInput where an option is wrong or there is no device,
/// Failure where the device is lost, Interrupted on Ctrl-C.
CudaBenchOutcome run_cuda_bench(const CudaBenchOptions& options,
                                const std::function<void(const std::string&)>& say);

/// A line a GPU. Throws BadInput, saying why, where there is none.
std::string cuda_devices_text();

/// Throws Failure where kernels gave wrong outputs: said last, when all else is printed and written.
void throw_if_wrong(const CudaBenchOutcome& outcome);

}  // namespace coppice
