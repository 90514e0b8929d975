#include "cuda_bench/dense_rates.h"

#include <algorithm>

#include "measure/bench_shape.h"
#include "measure/bootstrap.h"
#include "measure/random_layer.h"

namespace coppice {

using kernels::Precision;

void measure_dense_rates(MachineRates& machine, const CudaField& field, const kernels::CudaDevice& device) {
  constexpr int kSamples = 10;
  CudaField dense;
  for (const auto& library : field.libraries) {
    if (!library->sparse()) dense.libraries.push_back(library);
  }
  if (dense.libraries.empty()) return;
  // Large enough for every multiprocessor to have many tiles.
  const std::int64_t side = std::clamp<std::int64_t>(32 * device.multiprocessors, 256, 4096);
  const CudaCase what{"", linear_shape(side, side), side, 1, Precision::kTf32, CacheState::kWarm};
  const kernels::Layer layer = random_layer(what.shape, what.density, 1);
  const double flops = layer.dense_flops(what.images);
  for (const Contender& contender : find_contenders(what, layer, dense, device).ready) {
    std::vector<double> samples;
    for (int i = 0; i < kSamples; ++i) samples.push_back(contender.timer->seconds_per_call());
    const double gflops = 1e-9 * flops / median_of(samples);
    double& rate =
        contender.precision == Precision::kBf16 ? machine.dense_bf16_gflops : machine.dense_tf32_gflops;
    if (gflops <= rate) continue;
    rate = gflops;
    machine.dense_rates_from = "measured with libraries";
  }
}

}  // namespace coppice
