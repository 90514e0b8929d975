#include "cuda_bench/machine_rates.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace coppice {

using Json = nlohmann::ordered_json;

MachineRates nominal_h200() {
  MachineRates rates;
  rates.assumed = true;
  rates.hbm_gb_s = 4300;  // copies, measured
  rates.l2_gb_s = 5500;
  rates.shared_gb_s = 33400;  // 132 x 128 B x 1.98 GHz
  // The fullest of 32 banks that 32 lanes choose at random serves 3.53 of them in the mean.
  rates.shared_gather_gb_s = 33400 / 3.53;
  rates.fp32_gflops = 67e3;
  rates.mma_bf16_gflops = 0.62 * 989e3;
  rates.dense_tf32_gflops = 400e3;
  rates.dense_bf16_gflops = 800e3;
  rates.dense_rates_from = "measurements of others";
  rates.launch_s = 2.5e-6;
  rates.l2_bytes = 60e6;
  rates.multiprocessors = 132;
  return rates;
}

kernels::CudaDevice nominal_h200_device() {
  const MachineRates rates = nominal_h200();
  kernels::CudaDevice device;
  device.name = "H200";
  device.major = 9;
  device.memory_bytes = 141e9;
  device.multiprocessors = rates.multiprocessors;
  device.l2_bytes = static_cast<std::int64_t>(rates.l2_bytes);
  device.shared_bytes_per_block = 227 * 1024;
  device.shared_bytes_per_multiprocessor = 228 * 1024;
  device.clock_hz = 1.98e9;
  return device;
}

MachineRates measured_rates(const kernels::CudaDevice& device, const kernels::CudaCeilings& ceilings) {
  MachineRates rates;
  rates.hbm_gb_s = ceilings.hbm_read_gb_s.median;
  rates.l2_gb_s = ceilings.l2_read_gb_s.median;
  rates.shared_gb_s = ceilings.shared_gb_s.median;
  rates.shared_gather_gb_s = ceilings.shared_gather_gb_s.median;
  rates.fp32_gflops = ceilings.fp32_gflops.median;
  rates.mma_bf16_gflops = ceilings.mma_bf16_gflops.median;
  rates.dense_bf16_gflops = rates.mma_bf16_gflops;
  rates.dense_tf32_gflops = rates.mma_bf16_gflops / 2;
  rates.dense_rates_from = "mma.sync";
  rates.launch_s = ceilings.graph_launch_s.median;
  rates.overlapped_launch_s = ceilings.overlapped_launch_s.median;
  rates.l2_bytes = static_cast<double>(device.l2_bytes);
  rates.multiprocessors = device.multiprocessors;
  return rates;
}

Json to_json(const MachineRates& rates) {
  return {{"assumed", rates.assumed},
          {"hbm_gb_s", rates.hbm_gb_s},
          {"l2_gb_s", rates.l2_gb_s},
          {"shared_gb_s", rates.shared_gb_s},
          {"shared_gather_gb_s", rates.shared_gather_gb_s},
          {"fp32_gflops", rates.fp32_gflops},
          {"mma_bf16_gflops", rates.mma_bf16_gflops},
          {"dense_tf32_gflops", rates.dense_tf32_gflops},
          {"dense_bf16_gflops", rates.dense_bf16_gflops},
          {"dense_rates_from", rates.dense_rates_from},
          {"launch_s", rates.launch_s},
          {"overlapped_launch_s", rates.overlapped_launch_s},
          {"l2_bytes", rates.l2_bytes},
          {"multiprocessors", rates.multiprocessors}};
}

Json to_json(const kernels::CudaCeilings& ceilings) {
  const auto of = [](const kernels::Ceiling& ceiling) -> Json {
    if (ceiling.median <= 0) return nullptr;  // not measured on this device
    return {{"median", ceiling.median}, {"low", ceiling.low}, {"high", ceiling.high}};
  };
  return {{"hbm_read_gb_s", of(ceilings.hbm_read_gb_s)},
          {"l2_read_gb_s", of(ceilings.l2_read_gb_s)},
          {"shared_gb_s", of(ceilings.shared_gb_s)},
          {"shared_gather_gb_s", of(ceilings.shared_gather_gb_s)},
          {"fp32_gflops", of(ceilings.fp32_gflops)},
          {"mma_bf16_gflops", of(ceilings.mma_bf16_gflops)},
          {"launch_s", of(ceilings.launch_s)},
          {"graph_launch_s", of(ceilings.graph_launch_s)},
          {"overlapped_launch_s", of(ceilings.overlapped_launch_s)}};
}

Json to_json(const kernels::CudaDevice& device) {
  return {{"name", device.name},
          {"index", device.index},
          {"pci_bus_id", device.pci_bus_id},
          {"compute_capability", fmt::format("{}.{}", device.major, device.minor)},
          {"memory_bytes", device.memory_bytes},
          {"multiprocessors", device.multiprocessors},
          {"l2_bytes", device.l2_bytes},
          {"shared_bytes_per_block", device.shared_bytes_per_block},
          {"clock_hz", device.clock_hz},
          {"cuda_driver", device.driver},
          {"cuda_runtime", device.runtime}};
}

std::string to_text(const MachineRates& rates) {
  return fmt::format(
      "{}HBM {:.0f}, L2 {:.0f}, shared memory {:.0f} (gathers {:.0f}) GB/s; fp32 {:.3g}, mma.sync bf16 "
      "{:.3g}, "
      "dense tf32 {:.3g} and bf16 {:.3g} TFLOP/s ({}); launch {:.2f} us{}",
      rates.assumed ? "ASSUMED (an H200): " : "", rates.hbm_gb_s, rates.l2_gb_s, rates.shared_gb_s,
      rates.shared_gather_gb_s, 1e-3 * rates.fp32_gflops, 1e-3 * rates.mma_bf16_gflops,
      1e-3 * rates.dense_tf32_gflops, 1e-3 * rates.dense_bf16_gflops, rates.dense_rates_from,
      1e6 * rates.launch_s,
      rates.overlapped_launch_s > 0 ? fmt::format(", overlapped {:.2f} us", 1e6 * rates.overlapped_launch_s)
                                    : "");
}

}  // namespace coppice
