#pragma once
#include <cstdint>
#include <memory>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/scatter_mma/pack.h"

namespace coppice::kernels {

struct ScatterLaunch {
  std::int64_t blocks = 1;
  int threads = 0, row_tiles = 2, padded_images = 16;
  bool images_last = false;  ///< Of x.
  std::int64_t shared_bytes = 0;
  bool overlap_previous = false;  ///< Weights are read while the launch before this one still runs.
  CudaStream stream = nullptr;
};
/// Throws CudaError, and std::invalid_argument for a kernel that is not compiled.
void launch_scatter_mma(const ScatterProblem& problem, const ScatterLaunch& launch);

/// Linear layers in bf16 with 9 to 64 images, from compute capability 8.0 on. Deterministic: the same bits in
/// every run. With n = the row's nonzeros, bias and residual, |error| <= 2 n 2^-24 sum |term| + 2^-8 |y|; on
/// devices whose tensor cores cut sums off instead of rounding them, 2^-23 in place of 2^-24. A non-finite
/// input makes a NaN of the same image's outputs in whole groups of rows, as a dense product does, since it
/// meets their zeros: not only of those whose weights read it.
std::shared_ptr<const CudaCandidate> scatter_mma_candidate();

/// With a tiling of one's own, for a request that the candidate does not refuse. Throws std::invalid_argument
/// for a tiling that cannot be.
std::unique_ptr<CudaRunner> scatter_mma_runner(const CudaRequest& request, const ScatterTiling& tiling,
                                               bool overlap_previous);

}  // namespace coppice::kernels
