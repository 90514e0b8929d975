#pragma once
#include <string>
#include <vector>

#include "kernels/cuda/candidate.h"

namespace coppice::kernels {

/// What every runner asks of its pointers (CudaRunner::run). Throws std::invalid_argument in the name of the
/// kernel.
void check_operands(const char* kernel, const void* x, const void* residual, const void* y,
                    bool takes_residual);

/// Why a kernel for linear layers cannot take a request's activations as they lie: input and output must be
/// plain or images-last, without a halo. Empty where it can.
std::string linear_layout_refusal(const CudaRequest& request);

/// The same for kernels that want the images of a feature side by side, in input and output.
std::string images_last_refusal(const CudaRequest& request);

/// The values of "overlaps the launch before" that variants of our kernels have on a device, the likelier
/// first: launches overlap from sm_90 on.
std::vector<bool> overlap_choices(const CudaDevice& device);

}  // namespace coppice::kernels
