#pragma once
#include <optional>
#include <string>
#include <vector>

#include "cuda_bench/machine_rates.h"
#include "measure/alternate.h"
#include "measure/limits.h"
#include "measure/nvml.h"
#include "update_bench/updater.h"

namespace coppice {

struct UpdaterTime {
  std::string name, variant;
  bool own = false;
  Leaves leaves = Leaves::kAnything;
  Interval seconds;  ///< Of one step inside a graph of many: the host has no part in it.
  Interval queued;   ///< Of one step of many that the host queues one by one.
  /// Its time over that of our kernel, and of our kernel where pruned elements are known to be zero; of
  /// inside a graph. Empty for our own, and where there are no masks the second.
  std::optional<Interval> over_own, over_own_zero;
  // Of our own:
  std::int64_t bytes = 0;  ///< That it must move.
  TimeLimit limit;
  double attained = 0;   ///< Of its limit.
  double bandwidth = 0;  ///< bytes / seconds, as a part of the memory's measured bandwidth.
};

struct UpdateResult {
  UpdateCase what;
  std::int64_t elements = 0, kept = 0;
  kernels::UpdateTraffic clear, skip;  ///< Bytes: pruned elements may be anything, and are known to be zero.
  TimeLimit clear_limit, skip_limit;
  std::int64_t copies = 1;
  int samples = 0;
  std::vector<UpdaterTime> updaters;
  struct Absence {
    std::string name, why;
  };
  std::vector<Absence> wrong;  ///< Not timed.
  GpuState before, after;
};

/// Bytes once through memory (L2 where caches are warm and all arrays fit), and a launch that overlaps the
/// one before where the device can.
TimeLimit update_limit(const kernels::UpdateTraffic& traffic, std::int64_t arrays_bytes, CacheState caches,
                       const MachineRates& machine);

/// Of all arrays of a network, once: values, gradients and states.
std::int64_t arrays_bytes(const UpdateData& data);

/// The case with its bytes and limits, nothing measured.
UpdateResult predicted(const UpdateCase& what, const UpdateData& data, const MachineRates& machine);

/// Fills in what the samples say; series i belongs to updater i.
void evaluate(UpdateResult& result, const Updaters& updaters, const Alternation& in_graphs,
              const Alternation& queued, const MachineRates& machine);

/// Checks one step of every contender against FP64, then times them in alternation: at least 30 samples of
/// graphs of about 1 ms after half a second of work, and 10 of steps that the host queues.
/// Throws Failure, Interrupted.
UpdateResult time_update(const UpdateCase& what, const kernels::CudaDevice& device,
                         const MachineRates& machine, const Nvml& nvml);

}  // namespace coppice
