#pragma once
#include <cstdint>
#include <memory>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/panel_mma/pack.h"

namespace coppice::kernels {

struct PanelLaunch {
  std::int64_t work = 1, tiles = 1;  ///< The grid.
  int warps = kPanelMostWarps;       ///< Of a block.
  int columns = 128;                 ///< Of a tile: 16, 64 or 128.
  std::int64_t shared_bytes = 0;
  bool overlap_previous = false;  ///< Weights are read while the launch before this one still runs.
  CudaStream stream = nullptr;
};
/// Throws CudaError, and std::invalid_argument for a kernel that is not compiled.
void launch_panel_mma(const PanelProblem& problem, const PanelLaunch& launch);

/// Linear layers in bf16 with more than 8 images, best from 64 on and for weights that are 95% sparse or
/// sparser; images-last on both sides. Deterministic: the same bits in every run. With y the exact result and
/// n the row's nonzeros, bias and residual, an output is off by at most
///   2 n 2^-24 (sum |w x| + |bias| + |residual|) + 2^-8 |y|
/// (2^-23 where hardware truncates the sums of a tensor core's instruction rather than round them).
/// Non-finite inputs: as in a dense product, where 0 times inf is NaN, they may reach outputs that do not
/// read them; but only those of the same image and of panels (16 rows) of which some row reads them.
/// A runner's runs must follow each other: they share sums of parts.
std::shared_ptr<const CudaCandidate> panel_mma_candidate();

/// With a tiling of one's own, for a request that the candidate does not refuse. Throws std::invalid_argument
/// for a tiling that cannot be.
std::unique_ptr<CudaRunner> panel_mma_runner(const CudaRequest& request, const PanelTiling& tiling,
                                             bool overlap_previous);

}  // namespace coppice::kernels
