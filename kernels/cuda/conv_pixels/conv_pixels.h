#pragma once
#include <cstdint>
#include <memory>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/conv_pixels/pack.h"

namespace coppice::kernels {

struct ConvPixelsLaunch {
  std::int64_t row_blocks = 1, tiles = 1, shared_bytes = 0;
  Precision precision = Precision::kFp32;
  bool overlap_previous = false;  ///< Weights are read while the launch before this one still runs.
  CudaStream stream = nullptr;
};
/// Throws CudaError, and std::invalid_argument for a kernel that is not compiled or more blocks than a launch
/// may have.
void launch_conv_pixels(const ConvPixelsTiling& tiling, const ConvPixelsProblem& problem,
                        const ConvPixelsLaunch& launch);

/// Convolutions of any window, stride, padding and dilation for few images, made for one: plain activations
/// (or images-last ones of one image, which lie alike) with any halo, in exact FP32 (which serves TF32 too),
/// or with bf16 weights, inputs, residuals and outputs and FP32 products and sums. Errors are at most 2 terms
/// 2^-24 (sum |w x| + |bias| + |residual|) for an output channel of so many nonzeros, bias and residual, and
/// for bf16 2^-8 |y| more. Deterministic: the same bits in every run. A non-finite input reaches exactly the
/// outputs that read it. Refuses linear layers and more than 64 images. Runs of one runner, or of several
/// from one make(), must not be under way side by side: they may share room for sums.
std::shared_ptr<const CudaCandidate> conv_pixels_candidate();

/// With a tiling of one's own, for a request that the candidate does not refuse. Throws std::invalid_argument
/// for a tiling that cannot be.
std::unique_ptr<CudaRunner> conv_pixels_runner(const CudaRequest& request, const ConvPixelsTiling& tiling,
                                               bool overlap_previous);

}  // namespace coppice::kernels
