#pragma once

namespace coppice::kernels {

/// Instruction set levels that kernels are built for: x86-64-v2 (SSE4.2), v3 (AVX2 + FMA), v4 (AVX-512).
enum class Isa { kV2 = 2, kV3 = 3, kV4 = 4 };

/// The highest level this machine runs, or the lower one that the environment variable COPPICE_ISA (v2, v3,
/// v4) asks for. Decided once.
Isa isa();

const char* isa_name(Isa isa);  ///< "v4"

}  // namespace coppice::kernels
