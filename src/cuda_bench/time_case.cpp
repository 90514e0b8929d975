#include "cuda_bench/time_case.h"

#include "coppice/error.h"

#include <algorithm>
#include <cmath>

#include "base/interrupt.h"
#include "cuda_bench/own_limits.h"
#include "kernels/cuda/error.h"
#include "measure/clock.h"
#include "measure/random_layer.h"

namespace coppice {

using kernels::Precision;

namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// The fastest of a kind, by its place.
template <class Kind>
std::size_t fastest(const std::vector<Contender>& contenders, const Alternation& samples, Kind&& kind) {
  std::size_t best = kNone;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    if (kind(contenders[i]) &&
        (best == kNone || samples.series[i].time.median < samples.series[best].time.median))
      best = i;
  }
  return best;
}

std::optional<KernelRatio> ratio_of(std::size_t over, std::size_t under,
                                    const std::vector<Contender>& contenders, const Alternation& samples) {
  if (over == kNone || under == kNone) return std::nullopt;
  return KernelRatio{contenders[over].kernel, contenders[under].kernel, samples.ratio(over, under)};
}

KernelTime timed(const Contender& contender, const Series& series) {
  KernelTime time;
  time.kernel = contender.kernel;
  time.variant = contender.variant;
  time.layouts = contender.layouts;
  time.own = contender.own;
  time.sparse = contender.sparse;
  time.precision = contender.precision;
  time.packed_bytes = contender.packed_bytes;
  time.copies = contender.copies;
  time.all_bytes = contender.all_bytes;
  time.calls_per_sample = contender.timer ? contender.timer->calls() : 1;
  time.seconds = series.time;
  time.preparation_s = contender.preparation_s;
  return time;
}

TimeLimit limit_of(const KernelTime& time, const CudaCase& what, double density,
                   const MachineRates& machine) {
  const CudaWork work = cuda_work(what.shape, what.images, density, time.precision);
  if (!time.sparse) return dense_cuda_limit(work, machine, what.caches);
  const auto bytes = static_cast<double>(time.packed_bytes);
  if (time.own) {
    if (const auto own = own_cuda_limit(time.kernel, work, bytes, machine, what.caches)) return *own;
  }
  return best_sparse_cuda_limit(work, bytes, machine, what.caches);
}

}  // namespace

CudaCaseResult predicted(const CudaCase& what, const MachineRates& machine) {
  CudaCaseResult result;
  result.what = what;
  const std::int64_t size = what.shape.outputs * what.shape.columns();
  result.nonzeros = nonzeros_at(what.shape, what.density);
  const double density = static_cast<double>(result.nonzeros) / static_cast<double>(size);
  const CudaWork work = cuda_work(what.shape, what.images, density, what.precision);
  result.dense_limit = dense_cuda_limit(work, machine, what.caches);
  result.sparse_limit = best_sparse_cuda_limit(work, lean_weight_bytes(work), machine, what.caches);
  return result;
}

void evaluate(CudaCaseResult& result, const std::vector<Contender>& contenders, const Alternation& samples,
              const MachineRates& machine, const std::vector<Conversion>& conversions) {
  const auto dense_in = [&](Precision precision) {
    return fastest(contenders, samples, [&](const Contender& contender) {
      return !contender.own && !contender.sparse && contender.precision == precision;
    });
  };
  const Precision precision = result.what.precision;
  const std::size_t own = fastest(contenders, samples, [&](const Contender& contender) {
    return contender.own && contender.precision == precision;
  });
  const std::size_t sparse = fastest(contenders, samples, [&](const Contender& contender) {
    return !contender.own && contender.sparse && contender.precision == precision;
  });
  const std::size_t dense = dense_in(precision);
  result.against_sparse = ratio_of(sparse, own, contenders, samples);
  result.against_dense = ratio_of(dense, own, contenders, samples);
  for (const Precision other : {Precision::kTf32, Precision::kBf16}) {
    if (other == precision) continue;
    if (const auto ratio = ratio_of(dense_in(other), own, contenders, samples))
      result.against_coarser.emplace_back(other, *ratio);
  }
  const bool convolution = !result.what.shape.linear();
  if (convolution && precision == Precision::kBf16)
    result.against_fp32 = ratio_of(dense_in(Precision::kFp32), own, contenders, samples);
  if (convolution && own != kNone) {
    result.own_with_conversions =
        with_conversions(result.what, own, dense == kNone ? std::nullopt : std::optional(dense),
                         {contenders, conversions, samples}, machine);
  }

  const double size = static_cast<double>(result.what.shape.outputs * result.what.shape.columns());
  const double density = static_cast<double>(result.nonzeros) / size;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    KernelTime time = timed(contenders[i], samples.series[i]);
    time.limit = limit_of(time, result.what, density, machine);
    time.attained = attained(time.limit, time.seconds.median);
    if (dense != kNone && time.preparation_s > 0) {
      const double gain = samples.series[dense].time.median - time.seconds.median;
      if (gain > 0) time.break_even_runs = std::ceil(time.preparation_s / gain);
    }
    result.samples = static_cast<int>(samples.series[i].seconds.size());
    result.kernels.push_back(std::move(time));
  }
  std::stable_sort(result.kernels.begin(), result.kernels.end(), [&](const auto& a, const auto& b) {
    const bool a_beside = a.precision != precision, b_beside = b.precision != precision;
    return a_beside != b_beside ? b_beside : a.seconds.median < b.seconds.median;
  });
}

CudaCaseResult time_case(const CudaCase& what, const kernels::Layer& layer, const CudaField& field,
                         const kernels::CudaDevice& device, const MachineRates& machine, const Nvml& nvml) {
  constexpr double kWarmUpSeconds = 0.5;
  CudaCaseResult result = predicted(what, machine);
  result.nonzeros = layer.weights.nonzeros();
  result.predictions = own_predictions(what, layer, field.own, device, machine);
  const double start = steady_seconds();
  Contenders contenders = find_contenders(what, layer, field, device);
  result.refused = std::move(contenders.refused);
  result.wrong = std::move(contenders.wrong);
  result.before = result.after = nvml.state(device.pci_bus_id);
  if (contenders.ready.empty()) return result;

  const auto stop_if_asked = [] {
    if (interrupted()) throw Interrupted("interrupted; results of the cases before are kept");
  };
  std::vector<Alternative> alternatives;
  for (const Contender& contender : contenders.ready) {
    alternatives.push_back({contender.kernel, [timer = contender.timer] { timer->replay(); },
                            [timer = contender.timer] { return timer->seconds_per_call(); }});
  }
  for (const Conversion& conversion : contenders.conversions) {
    alternatives.push_back({"conversion", [timer = conversion.timer] { timer->replay(); },
                            [timer = conversion.timer] { return timer->seconds_per_call(); }});
  }
  try {
    while (steady_seconds() - start < kWarmUpSeconds) {
      for (const Alternative& alternative : alternatives) {
        stop_if_asked();
        alternative.run();
      }
    }
    result.before = nvml.state(device.pci_bus_id);
    AlternateOptions options;
    options.warmup = 1;
    options.samples = 30;
    options.between_runs = stop_if_asked;
    const Alternation samples = alternate(alternatives, options);
    result.after = nvml.state(device.pci_bus_id);
    evaluate(result, contenders.ready, samples, machine, contenders.conversions);
  } catch (const kernels::CudaError& error) {
    throw Failure(what.text() + ": " + error.what());
  }
  return result;
}

}  // namespace coppice
