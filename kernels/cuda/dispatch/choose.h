#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/dispatch/offer.h"
#include "kernels/cuda/timing/trials.h"

namespace coppice::kernels {

/// What was found out about one variant, or about a candidate that has none.
struct CudaTried {
  std::string kernel, variant;
  bool sparse = false;
  /// Of one run: the median of those that were measured in turns, else the first short look.
  std::optional<double> seconds;
  std::string why_not;  ///< Why it was not chosen; empty for the one that was.
};

struct CudaChoice {
  std::unique_ptr<CudaRunner> runner;
  std::vector<CudaTried> tried;  ///< In the order in which they were tried.
  const CudaTried& chosen() const;
};

struct ChooseOptions {
  /// When so many have passed no further candidate is begun, unless there is none yet, or no dense one yet
  /// and this one is dense.
  double seconds = 5;
  std::function<double()> clock;  ///< Seconds; empty: the steady clock.
  /// Throws DeviceLost where the device is of no more use after an error.
  std::function<void(const std::string& ran_last)> check_device = check_device_works;
};

/// Chooses by timing what a layer is run with, as a model is loaded. Candidates are asked, made and looked at
/// in likeliest_first()'s order; what refuses or throws CudaError is left out, and so is what is three times
/// slower than the fastest at first glance. The eight fastest at most, and in any case a dense one, are
/// measured in turns. A sparse kernel is chosen only where it is 3% faster than every dense one: so much is
/// luck, and a layer must not be slower than dense for it. Among equals the likeliest. The same timings give
/// the same choice. Throws CudaError where nothing serves the request.
CudaChoice choose_cuda_runner(const CudaRequest& request, const CudaCandidates& candidates, Trials& trials,
                              const ChooseOptions& options = {});

}  // namespace coppice::kernels
