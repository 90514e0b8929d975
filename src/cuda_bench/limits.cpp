#include "cuda_bench/limits.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cuda_bench/longest.h"

namespace coppice {

namespace {

constexpr double kWordBytes = 4;       ///< What a lane reads from shared memory at least.
constexpr double kWideReadBytes = 16;  ///< From here on neighbouring lanes read without conflicts.

/// Every block of rows reads the inputs anew.
void consider_rereads(Longest& longest, const CudaWork& work, std::int64_t rows_per_block,
                      const MachineRates& machine) {
  const double blocks = std::ceil(work.outputs / static_cast<double>(rows_per_block));
  longest.consider(work.input_bytes * blocks, machine.l2_gb_s, "L2");
}

double activation_bytes(const CudaWork& work) {
  return static_cast<double>(kernels::element_bytes(work.precision));
}

double dense_gflops(kernels::Precision precision, const MachineRates& machine) {
  switch (precision) {
    case kernels::Precision::kFp32: return machine.fp32_gflops;
    case kernels::Precision::kTf32: return machine.dense_tf32_gflops;
    case kernels::Precision::kBf16: return machine.dense_bf16_gflops;
  }
  return 0;
}

}  // namespace

CudaWork cuda_work(const kernels::LayerShape& shape, std::int64_t images, double density,
                   kernels::Precision precision) {
  const auto of = [](std::int64_t count) { return static_cast<double>(count); };
  const double element = of(kernels::element_bytes(precision));
  CudaWork work;
  work.shape = shape;
  work.images = images;
  work.precision = precision;
  work.outputs = of(shape.outputs);
  work.density = density;
  work.weights = of(shape.outputs) * of(shape.columns());
  work.vector = of(images) * of(shape.pixels());
  work.flops = 2 * work.weights * work.vector;
  // F(2x2, 3x3) of Lavin and Gray 2016; on tensor cores nobody offers it.
  const bool winograd = precision == kernels::Precision::kFp32 && shape.kernel_height == 3 &&
                        shape.kernel_width == 3 && shape.stride == 1 && shape.dilation == 1 &&
                        !shape.linear();
  work.dense_flops = winograd ? work.flops / 2.25 : work.flops;
  work.gathered = density * work.weights * work.vector;
  work.input_bytes = element * of(images) * of(shape.channels) * of(shape.height) * of(shape.width);
  work.output_bytes = element * work.outputs * work.vector;
  return work;
}

const char* cache_state_name(CacheState state) { return state == CacheState::kCold ? "cold" : "warm"; }

TimeLimit dense_cuda_limit(const CudaWork& work, const MachineRates& machine, CacheState caches) {
  Longest longest(machine.launch_s);
  longest.consider_memory(activation_bytes(work) * work.weights + work.input_bytes + work.output_bytes,
                          machine, caches);
  longest.consider(work.dense_flops, dense_gflops(work.precision, machine),
                   work.precision == kernels::Precision::kFp32 ? "fp32 units" : "tensor cores");
  return longest.with_launch();
}

TimeLimit sparse_cuda_limit(const CudaWork& work, double weight_bytes, std::int64_t rows_per_block,
                            const MachineRates& machine, CacheState caches) {
  Longest longest(shortest_launch(machine));
  longest.consider_memory(weight_bytes + work.input_bytes + work.output_bytes, machine, caches);
  const double side_by_side = activation_bytes(work) * work.vector;
  const double lookups = work.density * work.weights;  // of a vector each
  longest.consider(lookups * std::max(side_by_side, kWordBytes),
                   side_by_side < kWideReadBytes ? machine.shared_gather_gb_s : machine.shared_gb_s,
                   "shared memory");
  consider_rereads(longest, work, rows_per_block, machine);
  longest.consider(2 * work.gathered, machine.fp32_gflops, "fp32 units");
  return longest.with_launch();
}

TimeLimit panel_cuda_limit(const CudaWork& work, double weight_bytes, std::int64_t rows_per_block,
                           std::int64_t panel, const MachineRates& machine, CacheState caches) {
  const double rows = static_cast<double>(panel);
  const double products = (1 - std::pow(1 - work.density, rows)) * work.weights * work.vector;
  const bool half = work.precision == kernels::Precision::kBf16;
  Longest longest(shortest_launch(machine));
  longest.consider_memory(weight_bytes + work.input_bytes + work.output_bytes, machine, caches);
  longest.consider(activation_bytes(work) * products / rows, machine.shared_gb_s, "shared memory");
  consider_rereads(longest, work, rows_per_block, machine);
  // TF32 operands are twice as wide, at half the rate.
  longest.consider(2 * products, machine.mma_bf16_gflops * (half ? 1 : 0.5), "tensor cores");
  return longest.with_launch();
}

double lean_weight_bytes(const CudaWork& work) {
  return (work.precision == kernels::Precision::kBf16 ? 4 : 6) * work.density * work.weights;
}

TimeLimit best_sparse_cuda_limit(const CudaWork& work, double weight_bytes, const MachineRates& machine,
                                 CacheState caches) {
  constexpr double kSumsInRegisters = 64 * 1024, kTileColumns = 64;
  const auto rows = static_cast<std::int64_t>(kSumsInRegisters / std::clamp(work.vector, 1.0, kTileColumns));
  TimeLimit best = sparse_cuda_limit(work, weight_bytes, rows, machine, caches);
  if (work.precision == kernels::Precision::kFp32 || machine.mma_bf16_gflops <= 0) return best;
  for (const std::int64_t panel : {16, 32, 64}) {
    const TimeLimit panels = panel_cuda_limit(work, weight_bytes, rows, panel, machine, caches);
    if (panels.seconds < best.seconds) best = panels;
  }
  return best;
}

}  // namespace coppice
