#pragma once
#include <functional>
#include <string>

#include "cuda_bench/run.h"
#include "update_bench/update_case.h"

namespace coppice {

/// Times the masked optimiser update of whole networks beside LibTorch's optimisers; where `dry`, tells bytes
/// and limits. Results so far are kept in OUT/update.json and .txt after every case. `say` hears what is
/// under way. Throws BadInput where an option is wrong, or there is no device that LibTorch and we can use,
/// Failure where the device is lost, Interrupted on Ctrl-C.
CudaBenchOutcome run_update_bench(const UpdateBenchOptions& options,
                                  const std::function<void(const std::string&)>& say);

}  // namespace coppice
