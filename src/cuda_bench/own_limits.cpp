#include "cuda_bench/own_limits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cuda_bench/conv_limits.h"
#include "cuda_bench/own_demand.h"

namespace coppice {

namespace {

using namespace own;

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

/// Of inputs that a block of rows uses, all blocks together.
double staged_bytes(const CudaWork& work, const Cut& cut, double element_bytes, double columns) {
  return element_bytes * used(work, cut.rows) * inner(work) * columns * cut.row_blocks(work);
}
double partial_bytes(const CudaWork& work, const Cut& cut, double columns) {
  return own::partial_bytes(cut.splits, work.outputs * columns);
}

Demand scatter_mma(const CudaWork& work, double weight_bytes, const Cut& cut) {
  constexpr double kMostWarpRows = 64, kFewestWarps = 2, kMmaColumns = 16;
  constexpr double kWordBytes = 4;
  const double columns = rounded_up(work.vector, kMmaColumns);
  const double warps = cut.rows / std::min(kMostWarpRows, cut.rows / kFewestWarps);
  const double staged = staged_bytes(work, cut, kBf16Bytes, columns);
  const double tiles = kBf16Bytes * work.weights * used(work, cut.rows);
  // A word comes, is read, and is put into its tile; then it is erased, or the tile cleared.
  const double words = kWordBytes * nonzeros(work);
  const double clearing = std::min(tiles, words);
  Demand demand;
  demand.memory_bytes = once(work, weight_bytes);
  demand.l2_bytes = staged + partial_bytes(work, cut, columns);
  demand.shared_bytes = 3 * words + clearing + tiles + staged * (1 + warps);
  demand.mma_operations = 2 * work.weights * used(work, cut.rows) * columns;
  return demand;
}

Demand gather_fma(const CudaWork& work, double weight_bytes, const Cut& cut) {
  const double columns = cut.tiles(work) * cut.columns, entries = weight_bytes * cut.tiles(work);
  const double staged = staged_bytes(work, cut, kFloatBytes, columns);
  const double broadcasts = kWavefrontBytes / 2 * cut.tiles(work);  // of two entries each
  Demand demand;
  demand.memory_bytes = once(work, weight_bytes);
  demand.l2_bytes = staged * work.vector / columns + entries + partial_bytes(work, cut, columns);
  demand.shared_bytes = staged + entries + nonzeros(work) * (kFloatBytes * columns + broadcasts);
  demand.fp32_operations = 2 * nonzeros(work) * columns;
  return demand;
}

Demand panel_mma(const CudaWork& work, double weight_bytes, const Cut& cut) {
  const double columns = cut.tiles(work) * cut.columns;
  const double staged = staged_bytes(work, cut, kBf16Bytes, columns);
  const double products = used(work, kPanelRows) * work.weights * columns;
  const double shuffles = 2 * kWavefrontBytes * panel_records(work) * cut.tiles(work);
  Demand demand;
  demand.memory_bytes = once(work, weight_bytes);
  demand.l2_bytes =
      staged * work.vector / columns + weight_bytes * cut.tiles(work) + partial_bytes(work, cut, columns);
  demand.shared_bytes = staged + kBf16Bytes * products / kPanelRows + shuffles;
  demand.mma_operations = 2 * products;
  return demand;
}

/// How a kernel may cut a layer.
struct Cuts {
  std::vector<double> rows, columns;  ///< Of a block.
  double most_sums = 0;               ///< Of a block: rows times columns.
};

using DemandOf = Demand (*)(const CudaWork& work, double weight_bytes, const Cut& cut);

TimeLimit best_cut(const Cuts& cuts, DemandOf demand, const CudaWork& work, double weight_bytes,
                   const MachineRates& machine, CacheState caches) {
  TimeLimit best = {std::numeric_limits<double>::infinity(), ""};
  for (const double rows : cuts.rows) {
    for (const double columns : cuts.columns) {
      if (rows * columns > cuts.most_sums) continue;
      Cut cut = {rows, columns, 1};
      // Blocks share the inner dimension until every multiprocessor has one.
      const double most = std::ceil(1 / cut.busy(work, machine));
      for (cut.splits = 1; cut.splits <= most; ++cut.splits) {
        const TimeLimit limit =
            limit_of(demand(work, weight_bytes, cut), cut.busy(work, machine), machine, caches);
        if (limit.seconds < best.seconds) best = limit;
      }
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
       const Cuts cuts = {{32, 64, 128, 256, 512}, {64}, 512 * 64};
       return best_cut(cuts, scatter_mma, work, weight_bytes, machine, caches);
     }},
    {"gather-fma", [](const CudaWork& work) { return 8 * nonzeros(work); },
     [](const CudaWork& work, double weight_bytes, const MachineRates& machine, CacheState caches) {
       const Cuts cuts = {{16, 32, 64, 128, 256, 512}, {32, 64, 128}, 256 * 128};
       return best_cut(cuts, gather_fma, work, weight_bytes, machine, caches);
     }},
    {"panel-mma", [](const CudaWork& work) { return kRecordBytes * panel_records(work); },
     [](const CudaWork& work, double weight_bytes, const MachineRates& machine, CacheState caches) {
       const Cuts cuts = {{64, 128, 256}, {16, 64, 128}, 256 * 128};
       return best_cut(cuts, panel_mma, work, weight_bytes, machine, caches);
     }},
    {"conv-fma", [](const CudaWork& work) { return 8 * nonzeros(work); }, conv_fma_limit},
    {"conv-mma", [](const CudaWork& work) { return kRecordBytes * panel_records(work); }, conv_mma_limit},
    {"conv-pixels", [](const CudaWork& work) { return 8 * nonzeros(work); }, conv_pixels_limit},
};

}  // namespace

std::optional<TimeLimit> own_cuda_limit(const std::string& kernel, const CudaWork& work,
                                        std::optional<double> weight_bytes, const MachineRates& machine,
                                        CacheState caches) {
  for (const OwnKernel& own : kOwnKernels) {
    if (kernel != own.name) continue;
    const TimeLimit limit =
        own.limit(work, weight_bytes ? *weight_bytes : own.expected_bytes(work), machine, caches);
    if (!std::isfinite(limit.seconds)) break;
    return limit;
  }
  return std::nullopt;
}

}  // namespace coppice
