#pragma once

/// What one of an H200's 132 multiprocessors does in a clock of 1.98 GHz. Assumed, not measured: the kernels'
/// cost models, which know no better, only order variants before these are timed.
namespace coppice::kernels::per_clock {

inline constexpr double kMemoryBytes = 16.5;  ///< Its share of 4.3 TB/s.
inline constexpr double kL2Bytes = 21;        ///< Its share of 5.5 TB/s, when all take as much as they can.
inline constexpr double kL2BytesAlone = 64;   ///< The most that it takes.
inline constexpr double kSharedBytes = 128;   ///< One access of a warp, without conflicts.
inline constexpr double kMmaFlops = 0.62 * 4096;  ///< BF16 by mma.sync, which reaches 62% of the peak.
inline constexpr double kInstructions = 4;        ///< Of warps.

}  // namespace coppice::kernels::per_clock
