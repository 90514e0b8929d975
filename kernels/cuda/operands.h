#pragma once
#include <string>

#include "kernels/cuda/candidate.h"

namespace coppice::kernels {

/// What every runner asks of its pointers (CudaRunner::run). Throws std::invalid_argument in the name of the
/// kernel.
void check_operands(const char* kernel, const void* x, const void* residual, const void* y,
                    bool takes_residual);

/// Why a kernel for linear layers cannot take activations that lie so: `what` ("the input") must be plain or
/// images-last, without a halo. Empty where it can.
std::string linear_layout_refusal(const Activations& activations, const char* what);

/// The same for kernels that want the images of a feature side by side.
std::string images_last_refusal(const Activations& activations, const char* what);

}  // namespace coppice::kernels
