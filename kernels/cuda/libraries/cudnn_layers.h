#pragma once
#include <string>

#include "kernels/cuda/candidate.h"

namespace coppice::kernels {

/// What both of cuDNN's candidates give an algorithm at most.
inline constexpr std::int64_t kCudnnWorkspaceBytes = std::int64_t{256} << 20;

/// Empty where cuDNN takes a request, else the reason.
std::string cudnn_refusal(const CudaRequest& request);

}  // namespace coppice::kernels
