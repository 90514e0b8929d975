#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/libraries/runner.h"
#include "kernels/cuda/timing/trials.h"

namespace coppice::kernels {

/// A way to make one runner; throws CudaError where the library refuses.
using Attempt = std::function<std::unique_ptr<LibraryRunner>()>;

/// How many variants a library's candidate offers.
inline constexpr std::size_t kVariants = 3;

/// Makes and times every attempt and returns the fastest kVariants, the fastest first. What the library
/// refuses, when asked or when run, is left out. Throws CudaError where nothing is left, with what it
/// answered first.
std::vector<std::unique_ptr<LibraryRunner>> fastest_of(const std::vector<Attempt>& attempts, Trials& trials);

/// Whether a runner's preparation_seconds() holds the search for it too.
enum class SearchCounts { kNo, kYes };

/// The same on the current device, on random activations and a stream of its own.
std::vector<std::unique_ptr<CudaRunner>> fastest(const CudaRequest& request,
                                                 const std::vector<Attempt>& attempts, SearchCounts counts);

}  // namespace coppice::kernels
