#pragma once
#include <string>

#include "kernels/cuda/candidate.h"

namespace coppice::kernels {

// The rule of thumb by which candidates are tried, the likeliest first: a good one early shows which others
// are hopeless, and is what there is when the time is up. Measurements decide.

/// Which of our kernels suits a request, by what each is made for:
///   to 8 columns   packed-spmv: held by memory alone
///   bf16, to 64    scatter-mma: reads sparse weights, computes as if they were dense
///   bf16, more     panel-mma: tensor cores on what panels of rows have in common
///   fp32 and tf32  gather-fma: exact, every product on its own
/// and of convolutions, linear layers aside:
///   no whole eights of images  conv-pixels: neighbouring pixels side by side
///   bf16                       conv-mma: tensor cores on what panels of output channels have in common
///   fp32 and tf32              conv-fma: exact, every product on its own
/// Columns: images, times the pixels of a convolution's output.
std::string expected_kernel(const CudaRequest& request);

/// The density above which a dense library is likely to be faster: where the kernel expected reads as many
/// bytes, or takes as long, at about 60% of its limit. In FP32 that is lower for windows of 3x3, of which
/// Winograd's algorithm saves more than half.
double expected_break_even(const CudaRequest& request);

/// Below the break-even density the kernel expected, then dense ones, then the rest as they come; above it
/// dense ones first.
CudaCandidates likeliest_first(const CudaRequest& request, const CudaCandidates& candidates);

}  // namespace coppice::kernels
