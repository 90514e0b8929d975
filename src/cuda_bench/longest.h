#pragma once
#include <algorithm>

#include "cuda_bench/limits.h"

namespace coppice {

/// The longest of the times that a kernel's parts take at least, each on a resource of its own: they may all
/// overlap, but for a launch.
class Longest {
 public:
  explicit Longest(double launch_s) : launch_(launch_s) {}

  /// So much of a resource that serves so many billions a second; nothing where the rate is not known.
  void consider(double amount, double giga_per_second, const char* resource) {
    const double seconds = giga_per_second > 0 ? amount / (1e9 * giga_per_second) : 0;
    if (!resource_ || seconds > seconds_) {
      seconds_ = seconds;
      resource_ = resource;
    }
  }
  /// What is touched in a run, once.
  void consider_memory(double bytes, const MachineRates& machine, CacheState caches) {
    if (caches == CacheState::kWarm && bytes <= machine.l2_bytes) {
      consider(bytes, machine.l2_gb_s, "L2");
    } else {
      consider(bytes, machine.hbm_gb_s, "HBM");
    }
  }
  TimeLimit with_launch() const { return {seconds_ + launch_, launch_ > seconds_ ? "launch" : resource_}; }

 private:
  double launch_, seconds_ = 0;
  const char* resource_ = nullptr;
};

/// Of a kernel that may overlap the launch before its own.
inline double shortest_launch(const MachineRates& machine) {
  return machine.overlapped_launch_s > 0 ? std::min(machine.overlapped_launch_s, machine.launch_s)
                                         : machine.launch_s;
}

}  // namespace coppice
