#pragma once
#include <cstdint>
#include <memory>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/packed_spmv/pack.h"

namespace coppice::kernels {

struct SpmvLaunch {
  std::int64_t ranges = 1;
  int threads = 0, loads = 4;  ///< As spmv_kernel_exists() has them.
  std::int64_t shared_bytes = 0;
  bool overlap_previous = false;  ///< Weights are read while the launch before this one still runs.
  CudaStream stream = nullptr;
};
/// Throws CudaError, and std::invalid_argument for a kernel that is not compiled.
void launch_packed_spmv(SpmvFormat format, const SpmvProblem& problem, const SpmvLaunch& launch);

/// Linear layers with 1 to 8 images. Deterministic: the same bits in every run. A non-finite input reaches
/// exactly the outputs that read it.
std::shared_ptr<const CudaCandidate> packed_spmv_candidate();

/// With a tiling of one's own, for a request that the candidate does not refuse. Throws std::invalid_argument
/// for a tiling that cannot be.
std::unique_ptr<CudaRunner> packed_spmv_runner(const CudaRequest& request, const SpmvTiling& tiling,
                                               bool overlap_previous);

}  // namespace coppice::kernels
