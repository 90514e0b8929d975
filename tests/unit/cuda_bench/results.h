#pragma once
#include "cuda_bench/time_case.h"
#include "measure/bench_shape.h"

namespace coppice {

/// Rates with round figures.
inline MachineRates round_rates() {
  MachineRates machine;
  machine.hbm_gb_s = 1000;
  machine.l2_gb_s = 4000;
  machine.shared_gb_s = 10000;
  machine.shared_gather_gb_s = 4000;
  machine.fp32_gflops = 10000;
  machine.mma_bf16_gflops = machine.dense_bf16_gflops = 100000;
  machine.dense_tf32_gflops = 50000;
  machine.dense_rates_from = "thin air";
  machine.launch_s = 1e-6;
  machine.l2_bytes = 1e6;
  machine.multiprocessors = 10;
  return machine;
}

inline Contender contender(const std::string& kernel, bool own, bool sparse, kernels::Precision precision,
                           std::int64_t packed_bytes, double preparation_s = 0) {
  Contender made;
  made.kernel = kernel;
  made.variant = own ? "8 lanes" : "";
  made.layouts = "plain -> plain";
  made.own = own;
  made.sparse = sparse;
  made.precision = precision;
  made.packed_bytes = packed_bytes;
  made.preparation_s = preparation_s;
  return made;
}

inline Series series(const std::string& name, std::vector<double> seconds) {
  Series made{name, std::move(seconds), {}};
  made.time = bootstrap_median(made.seconds);
  return made;
}

/// 1000 x 2000 weights, 10% of them, one column of fp32, cold: our kernel takes 2, 3, 4 us, cuSPARSE always
/// twice that, the dense one 20 us, and in bf16 10.
inline CudaCaseResult example_result() {
  using kernels::Precision;
  const CudaCase what{"spmv", linear_shape(1000, 2000), 1, 0.1, Precision::kFp32, CacheState::kCold};
  CudaCaseResult result = predicted(what, round_rates());
  const std::vector<Contender> contenders = {
      contender("half", false, false, Precision::kBf16, 4'000'000),
      contender("library-dense", false, false, Precision::kFp32, 8'000'000),
      contender("library-sparse", false, true, Precision::kFp32, 1'600'000, 28e-6),
      contender("ours", true, true, Precision::kFp32, 1'200'000),
      contender("ours-slow", true, true, Precision::kFp32, 1'200'000, 1)};
  Alternation samples;
  samples.series = {series("half", {10e-6, 10e-6, 10e-6}), series("library-dense", {20e-6, 20e-6, 20e-6}),
                    series("library-sparse", {4e-6, 6e-6, 8e-6}), series("ours", {2e-6, 3e-6, 4e-6}),
                    series("ours-slow", {30e-6, 30e-6, 30e-6})};
  evaluate(result, contenders, samples, round_rates());
  return result;
}

}  // namespace coppice
