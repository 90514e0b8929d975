#pragma once
#include <cstdint>

#include "kernels/cpu/isa.h"

namespace coppice::kernels {

/// Keeps the multiply-add units of the calling thread busy with independent chains in registers, `rounds`
/// times, and returns the floating-point operations done: timing it gives the peak that no fp32 kernel built
/// for this level can exceed.
double peak_burst(std::int64_t rounds, Isa level = isa());

/// Vector registers of sums in `fed_burst`.
inline constexpr int kFedRegisters = 8;

/// The same where every multiply-add reads an operand from the first-level cache and eight share a broadcast:
/// the inner loop of a sparse product without anything else. No sparse kernel of ours can exceed its rate,
/// which on some processors is far below what two loads a cycle would feed.
double fed_burst(std::int64_t rounds, Isa level = isa());

}  // namespace coppice::kernels
