#pragma once
#include <cstdint>
#include <memory>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/gather_fma/pack.h"

namespace coppice::kernels {

struct GatherLaunch {
  std::int64_t blocks = 1;
  bool overlap_previous = false;  ///< Weights are read while the launch before this one still runs.
  CudaStream stream = nullptr;
};
/// Throws CudaError, and std::invalid_argument for a kernel that is not compiled or more blocks than a launch
/// may have.
void launch_gather_fma(const GatherTiling& tiling, const GatherProblem& problem, const GatherLaunch& launch);

/// Linear layers with 9 images or more, images side by side in input and output, in exact FP32 (which serves
/// TF32 too). Errors are at most 2 terms 2^-24 (sum |w x| + |bias| + |residual|) for a row of so many
/// nonzeros, bias and residual. Deterministic: the same bits in every run. A non-finite input reaches exactly
/// the outputs that read it. Runs of one runner, or of several from one make(), must not be under way side by
/// side: they may share room for sums.
std::shared_ptr<const CudaCandidate> gather_fma_candidate();

/// With a tiling of one's own, for a request that the candidate does not refuse. Throws std::invalid_argument
/// for a tiling that cannot be.
std::unique_ptr<CudaRunner> gather_fma_runner(const CudaRequest& request, const GatherTiling& tiling,
                                              bool overlap_previous);

}  // namespace coppice::kernels
