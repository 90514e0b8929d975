#include "coppice/error.h"
#include "coppice/train.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#if defined(__linux__)
#include <sched.h>
#endif

#include "train/device.h"
#include "train/libtorch/cuda.h"

namespace coppice {

int threads_of_quota(const std::string& cpu_max) {
  // "max 100000" or "150000 100000": microseconds of processor time per period.
  long long quota = 0, period = 0;
  const char* const end = cpu_max.data() + cpu_max.size();
  const auto [after, error] = std::from_chars(cpu_max.data(), end, quota);
  if (error != std::errc() || after == end) return 0;
  if (std::from_chars(after + 1, end, period).ec != std::errc() || quota <= 0 || period <= 0) return 0;
  return static_cast<int>(std::max(1LL, (quota + period - 1) / period));
}

int available_threads() {
  int threads = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) threads = CPU_COUNT(&allowed);
  std::string cpu_max;
  std::getline(std::ifstream("/sys/fs/cgroup/cpu.max"), cpu_max);
  if (const int quota = threads_of_quota(cpu_max)) threads = std::min(threads, quota);
#endif
  return std::max(1, threads);
}

Device resolve_device(const std::string& name, int threads) {
  if (threads < 0) throw BadInput(fmt::format("--threads is {}; it must be at least 0 (0: all)", threads));
  Device device;
  device.threads = threads ? threads : available_threads();
  if (name == "cpu") return device;

  const bool automatic = name == "auto";
  if (name.starts_with("cuda:")) {
    const char* const first = name.data() + 5;
    const char* const last = name.data() + name.size();
    const auto [end, error] = std::from_chars(first, last, device.index);
    if (error != std::errc() || end != last || device.index < 0) {
      throw BadInput(
          fmt::format("--device is '{}'; after 'cuda:' comes the GPU's number, as in cuda:0", name));
    }
  } else if (!automatic && name != "cuda") {
    throw BadInput(fmt::format("--device is '{}'; it must be auto, cpu, cuda or cuda:N", name));
  }

  const CudaState cuda = open_cuda();
  if (device.index < cuda.devices) {
    device.type = "cuda";
    return device;
  }
  if (automatic) return device;
  if (cuda.devices > 0) {
    throw BadInput(fmt::format("--device is '{}', but this machine has {} GPU{}; their numbers start at 0",
                               name, cuda.devices, cuda.devices == 1 ? "" : "s"));
  }
  throw BadInput(
      fmt::format("--device is '{}', but no GPU can be used: {}; use --device cpu", name, cuda.why));
}

}  // namespace coppice
