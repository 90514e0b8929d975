#pragma once
#include <cstdint>

#include "kernels/cpu/isa.h"

namespace coppice::kernels {

/// Keeps the multiply-add units of the calling thread busy with independent chains in registers, `rounds`
/// times, and returns the floating-point operations done: timing it gives the peak that no fp32 kernel built
/// for this level can exceed.
double peak_burst(std::int64_t rounds, Isa level = isa());

}  // namespace coppice::kernels
