#pragma once
#include <algorithm>
#include <cmath>

#include "cuda_bench/longest.h"

// What the limits of our kernels (own_limits.h) are made of.
namespace coppice::own {

inline constexpr double kBf16Bytes = 2, kFloatBytes = 4;
inline constexpr double kWavefrontBytes = 128;  ///< What shared memory serves at once, broadcasts too.

inline double inner(const CudaWork& work) { return work.weights / work.outputs; }
inline double nonzeros(const CudaWork& work) { return work.density * work.weights; }
/// Of the columns those in which at least one of so many rows has a nonzero.
inline double used(const CudaWork& work, double rows) { return 1 - std::pow(1 - work.density, rows); }
/// All that a kernel touches, each byte once.
inline double once(const CudaWork& work, double weight_bytes) {
  return weight_bytes + work.input_bytes + work.output_bytes;
}

/// What a kernel asks of the machine with one cut.
struct Demand {
  double memory_bytes = 0;
  double l2_bytes = 0;  ///< Beside what comes from memory once.
  double shared_bytes = 0;
  double mma_operations = 0, fp32_operations = 0;
};

inline TimeLimit limit_of(const Demand& demand, double busy, const MachineRates& machine, CacheState caches) {
  Longest longest(shortest_launch(machine));
  longest.consider_memory(demand.memory_bytes, machine, caches);
  longest.consider(demand.l2_bytes, machine.l2_gb_s, "L2");
  longest.consider(demand.shared_bytes, busy * machine.shared_gb_s, "shared memory");
  longest.consider(demand.fp32_operations, busy * machine.fp32_gflops, "fp32 units");
  longest.consider(demand.mma_operations, busy * machine.mma_bf16_gflops, "tensor cores");
  return longest.with_launch();
}

/// panel-mma's and conv-mma's weights.
inline constexpr double kPanelRows = 16, kRecordBytes = 144;

/// A record is at most 32 nonzeros of a block of 16 x 16 on the columns that a panel uses.
inline double panel_records(const CudaWork& work) {
  const double blocks = used(work, kPanelRows) * work.weights / (kPanelRows * kPanelRows);
  return std::max(blocks, nonzeros(work) / 32);
}

/// Of sums that so many blocks share, written and read.
inline double partial_bytes(double splits, double sums) {
  return splits > 1 ? 2 * kFloatBytes * splits * sums : 0;
}

}  // namespace coppice::own
