#pragma once
#include "kernels/cpu/isa.h"
#include "kernels/layout.h"

namespace coppice::kernels {

/// Copies activations into another layout, bit for bit: `from` and `to` have the same images, channels,
/// height and width. Writes the interior of `y` alone: its halo is 0 already. In Order::kLanes, lanes past
/// the last image become 0. Both buffers as Layout describes them (kSlack floats behind x may be read),
/// without overlap. On up to `threads` threads where there is enough to copy.
void convert(const Activations& from, const float* x, const Activations& to, float* y, int threads = 1,
             Isa level = isa());

}  // namespace coppice::kernels
