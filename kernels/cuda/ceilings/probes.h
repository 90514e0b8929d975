#pragma once
#include <cstdint>

#include "kernels/cuda/stream.h"

namespace coppice::kernels {

// Small kernels that do one thing as fast as the device can: the ceilings of
// kernels/cuda/ceilings/ceilings.h. Each adds something that depends on all its work to *sum (on the device),
// modulo 2^32: nothing can be optimised away, and tests know the value. Throw CudaError, or
// std::invalid_argument on extents that do not fit.

struct ProbeGrid {
  std::int64_t blocks = 1;
  int threads = 256;  ///< A multiple of 32.
  std::int64_t count() const { return blocks * threads; }
};

/// Reads `bytes` (a multiple of 16, 16-byte aligned) past the first-level cache, `passes` times, in each pass
/// other bytes in every block. Sum: of all 32-bit words, passes times.
void probe_read(const void* data, std::int64_t bytes, int passes, ProbeGrid grid, std::uint32_t* sum,
                CudaStream stream);

/// Words of shared memory in both probes of it: word i holds i * kSharedFactor.
inline constexpr int kSharedWords = 4096;
inline constexpr std::uint32_t kSharedFactor = 2654435761u;

/// Every thread reads `steps` (a multiple of 4) words at random: with s = kGatherSeed * (thread + 1) at
/// first, each step sets s = 1664525 s + 1013904223 and reads word s / 2^20. Sum: of what was read.
inline constexpr std::uint32_t kGatherSeed = 747796405u;
void probe_gather_shared(int steps, ProbeGrid grid, std::uint32_t* sum, CudaStream stream);

/// Every thread reads 16 bytes `steps` (a multiple of 4) times, neighbours side by side: at step i the four
/// words from 4 ((thread + i * threads of the block) % 1024) on. Sum: of what was read.
void probe_read_shared(int steps, ProbeGrid grid, std::uint32_t* sum, CudaStream stream);

/// Every thread runs kFmaChains chains of `steps` multiply-adds, c = c * factor + addend; chain i of lane
/// l begins with i + l (else a warp's work could be done once for all lanes). Sum: of the c's as whole
/// numbers.
inline constexpr int kFmaChains = 8;
void probe_fma(int steps, float factor, float addend, ProbeGrid grid, std::uint32_t* sum, CudaStream stream);

/// Every warp adds A B to each of kMmaTiles 16x8 tiles `steps` times (mma m16n8k16, bf16), where A[i][k] =
/// (3 i + 5 k) % 7 - 3 and B[k][j] = (2 k + 3 j) % 5 - 2. Sum: of all elements of all tiles. Nothing before
/// sm_80.
inline constexpr int kMmaTiles = 8;
void probe_mma(int steps, ProbeGrid grid, std::uint32_t* sum, CudaStream stream);

/// Nothing but the launch. Sum: 1. `overlap`: as programmatic dependent launch, before the one before ended.
void probe_launch(bool overlap, ProbeGrid grid, std::uint32_t* sum, CudaStream stream);

}  // namespace coppice::kernels
