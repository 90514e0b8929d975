// A device, its ceilings and a timer that runs the work on the host while it would be captured.
#include <chrono>
#include <stdexcept>

#include "cuda/bench_on_host/stand_ins.h"
#include "kernels/cuda/devices.h"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/timing/graph_timer.h"
#include "kernels/cuda/timing/measure_ceilings.h"

namespace coppice {

StandIns& stand_ins() {
  static StandIns all;
  return all;
}

namespace kernels {

std::vector<CudaDevice> cuda_devices(std::string* why) {
  if (stand_ins().no_device) {
    *why = "it was taken away";
    return {};
  }
  CudaDevice device = host_device();
  device.l2_bytes = stand_ins().l2_bytes;
  return {device};
}

void use_cuda_device(int index) {
  if (index != 0) throw std::invalid_argument("there is one");
}

CudaCeilings measure_ceilings(const CudaDevice&) {
  CudaCeilings ceilings;
  const Ceiling some{1000, 900, 1100};
  ceilings.hbm_read_gb_s = ceilings.l2_read_gb_s = ceilings.shared_gb_s = ceilings.shared_gather_gb_s = some;
  ceilings.fp32_gflops = ceilings.mma_bf16_gflops = some;
  ceilings.graph_launch_s = {1e-6, 1e-6, 1e-6};
  return ceilings;
}

struct GraphTimer::Resources {
  double seconds_per_call = 0;
};

GraphTimer::GraphTimer(const CudaWork& work, std::int64_t calls)
    : resources_(std::make_unique<Resources>()), calls_(calls) {
  const auto start = std::chrono::steady_clock::now();
  for (std::int64_t call = 0; call < calls; ++call) work(call, nullptr);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  resources_->seconds_per_call = time.count() / static_cast<double>(calls);
}
GraphTimer::~GraphTimer() = default;
double GraphTimer::seconds_per_call() { return resources_->seconds_per_call; }
void GraphTimer::replay() {}

std::unique_ptr<GraphTimer> graph_timer(const CudaWork& work, std::int64_t period) {
  return std::make_unique<GraphTimer>(work, period);
}

}  // namespace kernels
}  // namespace coppice
