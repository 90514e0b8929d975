#include "cuda_bench/own_limits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cuda_bench/longest.h"

namespace coppice {

namespace {

constexpr double kBf16Bytes = 2, kFloatBytes = 4;
constexpr double kWavefrontBytes = 128;  ///< What shared memory serves at once, broadcasts too.

double inner(const CudaWork& work) { return work.weights / work.outputs; }
double nonzeros(const CudaWork& work) { return work.density * work.weights; }
/// Of the columns those in which at least one of so many rows has a nonzero.
double used(const CudaWork& work, double rows) { return 1 - std::pow(1 - work.density, rows); }
double rounded_up(double value, double multiple) { return std::ceil(value / multiple) * multiple; }

/// Blocks of threads that a layer may be cut into.
struct Cut {
  double rows = 1, columns = 1;  ///< Of the output, a block.
  double splits = 1;             ///< Blocks that share these, each with its part of the inner dimension.

  double row_blocks(const CudaWork& work) const { return std::ceil(work.outputs / rows); }
  double tiles(const CudaWork& work) const { return std::ceil(work.vector / columns); }
  /// The part of the machine that has a block to work on.
  double busy(const CudaWork& work, const MachineRates& machine) const {
    const double blocks = row_blocks(work) * tiles(work) * splits;
    return std::min(1.0, blocks / std::max(1, machine.multiprocessors));
  }
};

/// What a kernel asks of the machine with one cut.
struct Demand {
  double memory_bytes = 0;
  double l2_bytes = 0;      ///< Beside what comes from memory once.
  double shared_bytes = 0;  ///< In wide reads and writes.
  double shared_words = 0;  ///< At random.
  double mma_operations = 0, fp32_operations = 0;
};

TimeLimit limit_of(const Demand& demand, double busy, const MachineRates& machine, CacheState caches) {
  Longest longest(shortest_launch(machine));
  longest.consider_memory(demand.memory_bytes, machine, caches);
  longest.consider(demand.l2_bytes, machine.l2_gb_s, "L2");
  // Words at random take the same pipe for longer.
  const double slower = machine.shared_gather_gb_s > 0 ? machine.shared_gb_s / machine.shared_gather_gb_s : 1;
  longest.consider(demand.shared_bytes + slower * kFloatBytes * demand.shared_words,
                   busy * machine.shared_gb_s, "shared memory");
  longest.consider(demand.fp32_operations, busy * machine.fp32_gflops, "fp32 units");
  longest.consider(demand.mma_operations, busy * machine.mma_bf16_gflops, "tensor cores");
  return longest.with_launch();
}

double once(const CudaWork& work, double weight_bytes) {
  return weight_bytes + work.input_bytes + work.output_bytes;
}

Demand scatter_mma(const CudaWork& work, double weight_bytes, const Cut& cut) {
  constexpr double kWarpRows = 32, kMmaColumns = 8;
  const double columns = rounded_up(work.vector, kMmaColumns), blocks = cut.row_blocks(work);
  const double inputs = kBf16Bytes * inner(work) * columns;
  const double partial_sums = cut.splits > 1 ? kFloatBytes * cut.splits * work.outputs * columns : 0;
  Demand demand;
  demand.memory_bytes = once(work, weight_bytes);
  demand.l2_bytes = inputs * blocks + 2 * partial_sums;
  demand.shared_bytes = 2 * kBf16Bytes * work.weights + inputs * (blocks + work.outputs / kWarpRows);
  demand.shared_words = nonzeros(work);
  demand.mma_operations = 2 * work.weights * columns;
  return demand;
}

Demand gather_fma(const CudaWork& work, double weight_bytes, const Cut& cut) {
  const double staged =
      kFloatBytes * used(work, cut.rows) * work.weights / work.outputs * work.vector * cut.row_blocks(work);
  const double broadcasts = kWavefrontBytes / 2 * cut.tiles(work);  // of two entries each
  Demand demand;
  demand.memory_bytes = once(work, weight_bytes);
  demand.l2_bytes = staged + weight_bytes * cut.tiles(work);
  demand.shared_bytes = staged + nonzeros(work) * (kFloatBytes * work.vector + broadcasts);
  demand.fp32_operations = 2 * work.gathered;
  return demand;
}

constexpr double kPanelRows = 16;

Demand panel_mma(const CudaWork& work, double weight_bytes, const Cut& cut) {
  const double staged = kBf16Bytes * used(work, cut.rows) * inner(work) * work.vector * cut.row_blocks(work);
  const double products = used(work, kPanelRows) * work.weights * work.vector;
  Demand demand;
  demand.memory_bytes = once(work, weight_bytes);
  demand.l2_bytes = staged + weight_bytes * cut.tiles(work);
  demand.shared_bytes = staged + kBf16Bytes * products / kPanelRows;
  demand.mma_operations = 2 * products;
  return demand;
}

/// How a kernel may cut a layer.
struct Cuts {
  std::vector<double> rows;  ///< Of a block.
  double most_columns = 1;   ///< Of a block.
  bool splits = false;       ///< Blocks may share the inner dimension.
};

using DemandOf = Demand (*)(const CudaWork& work, double weight_bytes, const Cut& cut);

TimeLimit best_cut(const Cuts& cuts, DemandOf demand, const CudaWork& work, double weight_bytes,
                   const MachineRates& machine, CacheState caches) {
  TimeLimit best = {std::numeric_limits<double>::infinity(), ""};
  for (const double rows : cuts.rows) {
    Cut cut = {rows, std::min(cuts.most_columns, work.vector), 1};
    const double enough = std::ceil(1 / cut.busy(work, machine));  // for all multiprocessors to have a block
    for (const double splits : {1.0, cuts.splits ? enough : 1.0}) {
      cut.splits = splits;
      const TimeLimit limit =
          limit_of(demand(work, weight_bytes, cut), cut.busy(work, machine), machine, caches);
      if (limit.seconds < best.seconds) best = limit;
    }
  }
  return best;
}

using LimitOf = TimeLimit (*)(const CudaWork& work, double weight_bytes, const MachineRates& machine,
                              CacheState caches);

struct OwnKernel {
  const char* name;
  double (*expected_bytes)(const CudaWork& work);  ///< Of packed weights.
  LimitOf limit;
};

constexpr OwnKernel kOwnKernels[] = {
    {"packed-spmv", lean_weight_bytes,
     [](const CudaWork& work, double weight_bytes, const MachineRates& machine, CacheState caches) {
       const double rows = std::ceil(work.outputs / std::max(1, machine.multiprocessors));
       return sparse_cuda_limit(work, weight_bytes, static_cast<std::int64_t>(rows), machine, caches);
     }},
    {"scatter-mma", [](const CudaWork& work) { return 4 * nonzeros(work); },
     [](const CudaWork& work, double weight_bytes, const MachineRates& machine, CacheState caches) {
       return best_cut({{128, 256}, 64, true}, scatter_mma, work, weight_bytes, machine, caches);
     }},
    {"gather-fma", [](const CudaWork& work) { return 6 * nonzeros(work); },
     [](const CudaWork& work, double weight_bytes, const MachineRates& machine, CacheState caches) {
       return best_cut({{32, 64, 128, 256}, 128, false}, gather_fma, work, weight_bytes, machine, caches);
     }},
    {"panel-mma",
     [](const CudaWork& work) {
       return used(work, kPanelRows) * work.weights * (kBf16Bytes + 1 / kPanelRows);
     },
     [](const CudaWork& work, double weight_bytes, const MachineRates& machine, CacheState caches) {
       return best_cut({{64, 128, 256}, 128, false}, panel_mma, work, weight_bytes, machine, caches);
     }},
};

}  // namespace

std::optional<TimeLimit> own_cuda_limit(const std::string& kernel, const CudaWork& work,
                                        std::optional<double> weight_bytes, const MachineRates& machine,
                                        CacheState caches) {
  for (const OwnKernel& own : kOwnKernels) {
    if (kernel != own.name) continue;
    return own.limit(work, weight_bytes ? *weight_bytes : own.expected_bytes(work), machine, caches);
  }
  return std::nullopt;
}

}  // namespace coppice
