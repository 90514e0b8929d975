#include "kernels/cuda/timing/measure_ceilings.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "kernels/cuda/ceilings/probes.h"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/timing/graph_timer.h"

namespace coppice::kernels {

namespace {

constexpr int kSamples = 21;

Ceiling ceiling_of(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return {samples[samples.size() / 2], samples.front(), samples.back()};
}

/// Seconds of a call, or where `work_of_one` is given how much of it a second.
Ceiling sampled(const CudaWork& work, double work_of_one = 0) {
  const auto timer = graph_timer(work);
  std::vector<double> samples;
  for (int i = 0; i < kSamples; ++i) {
    const double seconds = timer->seconds_per_call();
    samples.push_back(work_of_one > 0 ? work_of_one / seconds : seconds);
  }
  return ceiling_of(std::move(samples));
}

constexpr double kGiga = 1e9;

/// The probes on one device, each in a grid that fills it.
class Probes {
 public:
  explicit Probes(const CudaDevice& device) : device_(device), sum_(4) { sum_.fill(0); }

  Ceiling read(std::int64_t bytes, int passes) {
    DeviceBuffer data(bytes / 16 * 16);
    data.fill(0x5a);
    const ProbeGrid grid = filling(8);
    return sampled(
        [&](std::int64_t, CudaStream stream) {
          probe_read(data.data(), data.bytes(), passes, grid, sum(), stream);
        },
        static_cast<double>(data.bytes()) * passes / kGiga);
  }

  Ceiling gather_shared() {
    constexpr int kSteps = 4096;
    const ProbeGrid grid = filling(blocks_with_shared());
    return sampled([&](std::int64_t, CudaStream stream) { probe_gather_shared(kSteps, grid, sum(), stream); },
                   4.0 * kSteps * static_cast<double>(grid.count()) / kGiga);
  }

  Ceiling read_shared() {
    constexpr int kSteps = 4096;
    const ProbeGrid grid = filling(blocks_with_shared());
    return sampled([&](std::int64_t, CudaStream stream) { probe_read_shared(kSteps, grid, sum(), stream); },
                   16.0 * kSteps * static_cast<double>(grid.count()) / kGiga);
  }

  Ceiling fma() {
    constexpr int kSteps = 8192;
    const ProbeGrid grid = filling(4);
    return sampled([&](std::int64_t, CudaStream stream) { probe_fma(kSteps, 1, 1, grid, sum(), stream); },
                   2.0 * kSteps * kFmaChains * static_cast<double>(grid.count()) / kGiga);
  }

  Ceiling mma() {
    constexpr int kSteps = 2048;
    constexpr double kFlops = 2 * 16 * 8 * 16;
    const ProbeGrid grid = filling(2);
    return sampled([&](std::int64_t, CudaStream stream) { probe_mma(kSteps, grid, sum(), stream); },
                   kFlops * kSteps * kMmaTiles * static_cast<double>(grid.count() / 32) / kGiga);
  }

  Ceiling graph_launch(bool overlap) {
    const ProbeGrid grid = filling(1);
    return sampled([&](std::int64_t, CudaStream stream) { probe_launch(overlap, grid, sum(), stream); });
  }

  Ceiling stream_launch() {
    constexpr int kCalls = 1000;
    const ProbeGrid grid = filling(1);
    std::vector<double> samples;
    for (int i = 0; i < kSamples; ++i)
      samples.push_back(stream_seconds_per_call(
          [&](std::int64_t, CudaStream stream) { probe_launch(false, grid, sum(), stream); }, kCalls));
    return ceiling_of(std::move(samples));
  }

 private:
  std::uint32_t* sum() { return sum_.as<std::uint32_t>(); }
  ProbeGrid filling(std::int64_t blocks_per_multiprocessor) const {
    return {blocks_per_multiprocessor * device_.multiprocessors, 256};
  }
  /// That run at once: one more would wait, and idle time would be counted. Each block loses 1 KiB.
  std::int64_t blocks_with_shared() const {
    return std::clamp<std::int64_t>(device_.shared_bytes_per_multiprocessor / (4 * kSharedWords + 1024), 1,
                                    8);
  }

  const CudaDevice& device_;
  DeviceBuffer sum_;
};

}  // namespace

CudaCeilings measure_ceilings(const CudaDevice& device) {
  constexpr std::int64_t kMuch = std::int64_t{2} << 30;
  const std::int64_t beyond_l2 = std::min(kMuch, static_cast<std::int64_t>(device.memory_bytes / 4));
  Probes probes(device);
  probes.fma();  // the clocks rise
  CudaCeilings ceilings;
  ceilings.hbm_read_gb_s = probes.read(beyond_l2, 1);
  ceilings.l2_read_gb_s = probes.read(std::max<std::int64_t>(device.l2_bytes / 4, 1 << 20), 64);
  ceilings.shared_gb_s = probes.read_shared();
  ceilings.shared_gather_gb_s = probes.gather_shared();
  ceilings.fp32_gflops = probes.fma();
  if (device.capability() >= 80) ceilings.mma_bf16_gflops = probes.mma();
  ceilings.launch_s = probes.stream_launch();
  ceilings.graph_launch_s = probes.graph_launch(false);
  if (device.capability() >= 90) ceilings.overlapped_launch_s = probes.graph_launch(true);
  return ceilings;
}

}  // namespace coppice::kernels
