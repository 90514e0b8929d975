#pragma once
#include <cstdint>

#include "kernels/optimiser_step.h"

namespace coppice::kernels {

/// Masked optimiser updates: one sweep over value, gradient, state and mask, instead of the 3 to 5 small
/// operations and the mask multiplication of a general framework. All arrays are flat, host memory, no
/// alignment asked. `mask` holds one bit per element, bit i % 64 of word i / 64, 1 = kept; null: all kept.
/// Where it is 0, value and state become exactly +0 whatever they and the gradient were (NaN too). Runs on
/// the caller's OpenMP threads; the result does not depend on how many.

/// torch.optim.SGD without Nesterov and dampening:
///   g += weight_decay * value
///   m = momentum * m + g  (m = g where momentum is 0)
///   value -= learning_rate * m
/// `velocity` may be null where momentum is 0. Starting from velocity 0 equals PyTorch's first step.
void masked_sgd(float* value, const float* gradient, float* velocity, const std::uint64_t* mask,
                std::int64_t count, const SgdStep& step);

/// torch.optim.Adam (Kingma & Ba 2015):
///   g += weight_decay * value;  m += (g - m)(1 - beta1);  v = beta2 v + (1 - beta2) g^2
///   value -= learning_rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
void masked_adam(float* value, const float* gradient, float* first, float* second, const std::uint64_t* mask,
                 std::int64_t count, const AdamStep& step);

}  // namespace coppice::kernels
