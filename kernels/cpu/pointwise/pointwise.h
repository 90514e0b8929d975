#pragma once
#include <span>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/pointwise/rows.h"
#include "kernels/layout.h"

namespace coppice::kernels {

// Both write the interior of y alone, and lanes without an image. y may be one of
// the first two inputs if their halos are the same. On up to `threads` threads.

/// y = the sum of all inputs (at least one, added in order), each laid out as `out` but for its halo.
void add(std::span<const Operand> inputs, bool relu, const Activations& out, float* y, int threads = 1,
         Isa level = isa());

/// y = scale[channel] x + shift[channel], x laid out as `out` but for its halo.
void affine(const Operand& x, const float* scale, const float* shift, bool relu, const Activations& out,
            float* y, int threads = 1, Isa level = isa());

}  // namespace coppice::kernels
