#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cuda_bench/cases.h"
#include "cuda_bench/contenders.h"
#include "cuda_bench/conversions.h"
#include "cuda_bench/machine_rates.h"
#include "cuda_bench/own_predictions.h"
#include "measure/alternate.h"
#include "measure/nvml.h"

namespace coppice {

/// One kernel's time on one case, from samples taken in alternation with all others.
struct KernelTime {
  std::string kernel, variant, layouts;
  bool own = false, sparse = false;
  kernels::Precision precision = kernels::Precision::kBf16;
  std::int64_t packed_bytes = 0, copies = 1, all_bytes = 0, calls_per_sample = 1;
  Interval seconds;
  TimeLimit limit;  ///< Of such a kernel with such weights; of ours as each moves its data (own_limits.h).
  double attained = 0;
  double preparation_s = 0;
  /// Runs until the preparation is won back against the best dense kernel; empty where there is none or
  /// nothing is won.
  std::optional<double> break_even_runs;
};

struct KernelRatio {
  std::string over, under;  ///< Kernels: time of the first over that of the second.
  Interval ratio;
};

struct CudaCaseResult {
  CudaCase what;
  std::int64_t nonzeros = 0;
  std::vector<KernelTime> kernels;  ///< The case's precision first, in it the fastest first.
  std::vector<Absence> refused, wrong;
  /// The best own kernel against the best sparse and the best dense one of libraries, in the same precision,
  /// and against the best dense ones in coarser precisions. Empty where one side is missing.
  std::optional<KernelRatio> against_sparse, against_dense;
  std::vector<std::pair<kernels::Precision, KernelRatio>> against_coarser;
  /// Of bf16 convolutions: against the best dense FP32 kernel, which multiplies in another precision.
  std::optional<KernelRatio> against_fp32;
  /// Of convolutions: the best own kernel between plain activations.
  std::optional<WithConversions> own_with_conversions;
  /// Of the leanest sparse format and of a dense kernel, and what the one gains over the other.
  TimeLimit sparse_limit, dense_limit;
  double limit_speedup() const { return dense_limit.seconds / sparse_limit.seconds; }
  std::vector<OwnPrediction> predictions;  ///< Of our kernels.
  /// What a kernel of ours would gain over a perfect dense one if it took no longer than it must.
  double predicted_speedup(const TimeLimit& own) const { return dense_limit.seconds / own.seconds; }
  int samples = 0;
  GpuState before, after;
};

/// The case with its limits, nothing measured.
CudaCaseResult predicted(const CudaCase& what, const MachineRates& machine);

/// Fills in what the samples say; series i belongs to contender i, those behind to conversions.
void evaluate(CudaCaseResult& result, const std::vector<Contender>& contenders, const Alternation& samples,
              const MachineRates& machine, const std::vector<Conversion>& conversions = {});

/// Times every kernel that takes part, at least 30 samples of each in alternation after half a second of
/// work. Throws as find_contenders does.
CudaCaseResult time_case(const CudaCase& what, const kernels::Layer& layer, const CudaField& field,
                         const kernels::CudaDevice& device, const MachineRates& machine, const Nvml& nvml);

}  // namespace coppice
