#include "update_bench/time_update.h"

#include "coppice/error.h"

#include <algorithm>
#include <memory>

#include "base/interrupt.h"
#include "cuda_bench/longest.h"
#include "kernels/cuda/error.h"
#include "kernels/cuda/timing/graph_timer.h"
#include "kernels/cuda/timing/rotation.h"
#include "measure/clock.h"
#include "update_bench/libtorch/torch_updaters.h"

namespace coppice {

using kernels::Pruned;

namespace {

constexpr const char* kOwnZero = "own, pruned are zero";

void stop_if_asked() {
  if (interrupted()) throw Interrupted("interrupted; results of the cases before are kept");
}

/// Those that compute a first step rightly; what the others gave is told.
Updaters checked(Updaters updaters, const UpdateData& data, UpdateResult& result) {
  Updaters right;
  for (std::unique_ptr<Updater>& updater : updaters) {
    stop_if_asked();
    updater->run(0, nullptr);
    const std::string why = wrong_after_a_step(data, updater->values());
    if (why.empty()) {
      right.push_back(std::move(updater));
    } else {
      result.wrong.push_back({updater->name(), why});
    }
  }
  return right;
}

struct Timed {
  Alternation in_graphs, queued;
};

Timed time_all(const Updaters& updaters, UpdateResult& result, const std::string& bus, const Nvml& nvml) {
  constexpr double kWarmUpSeconds = 0.5;
  constexpr std::int64_t kQueued = 100;
  std::vector<Alternative> in_graphs, queued;
  for (const std::unique_ptr<Updater>& updater : updaters) {
    const kernels::CudaWork work = [of = updater.get()](std::int64_t call, kernels::CudaStream stream) {
      of->run(call, stream);
    };
    const std::shared_ptr<kernels::GraphTimer> timer = kernels::graph_timer(work, result.copies);
    in_graphs.push_back(
        {updater->name(), [timer] { timer->replay(); }, [timer] { return timer->seconds_per_call(); }});
    queued.push_back({updater->name(), [work] { kernels::stream_seconds_per_call(work, 1); },
                      [work] { return kernels::stream_seconds_per_call(work, kQueued); }});
  }
  for (const double start = steady_seconds(); steady_seconds() - start < kWarmUpSeconds;) {
    for (const Alternative& one : in_graphs) {
      stop_if_asked();
      one.run();
    }
  }
  AlternateOptions options;
  options.samples = 30;
  options.between_runs = stop_if_asked;
  result.before = nvml.state(bus);
  Timed timed;
  timed.in_graphs = alternate(in_graphs, options);
  result.after = nvml.state(bus);
  options.samples = 10;
  timed.queued = alternate(queued, options);
  result.samples = static_cast<int>(timed.in_graphs.series.front().seconds.size());
  return timed;
}

}  // namespace

std::int64_t arrays_bytes(const UpdateData& data) { return 4 * (2 + data.states()) * data.elements(); }

TimeLimit update_limit(const kernels::UpdateTraffic& traffic, std::int64_t arrays_bytes, CacheState caches,
                       const MachineRates& machine) {
  const bool stays = caches == CacheState::kWarm && static_cast<double>(arrays_bytes) <= machine.l2_bytes;
  Longest longest(shortest_launch(machine));
  longest.consider_memory(static_cast<double>(traffic.total()), machine,
                          stays ? CacheState::kWarm : CacheState::kCold);
  return longest.with_launch();
}

UpdateResult predicted(const UpdateCase& what, const UpdateData& data, const MachineRates& machine) {
  UpdateResult result;
  result.what = what;
  result.elements = data.elements();
  for (const UpdateTensorData& tensor : data.tensors) {
    for (std::int64_t i = 0; i < tensor.count(); ++i) result.kept += tensor.kept(i);
  }
  result.clear = traffic_of(data, Pruned::kAnything);
  result.skip = traffic_of(data, Pruned::kZero);
  result.clear_limit = update_limit(result.clear, arrays_bytes(data), what.caches, machine);
  result.skip_limit = update_limit(result.skip, arrays_bytes(data), what.caches, machine);
  return result;
}

void evaluate(UpdateResult& result, const Updaters& updaters, const Alternation& in_graphs,
              const Alternation& queued, const MachineRates& machine) {
  std::optional<std::size_t> own, own_zero;
  for (std::size_t i = 0; i < updaters.size(); ++i) {
    if (updaters[i]->own()) (updaters[i]->name() == kOwnZero ? own_zero : own) = i;
  }
  for (std::size_t i = 0; i < updaters.size(); ++i) {
    const Updater& updater = *updaters[i];
    UpdaterTime time;
    time.name = updater.name();
    time.variant = updater.variant();
    time.own = updater.own();
    time.leaves = updater.leaves();
    time.seconds = in_graphs.series[i].time;
    time.queued = queued.series[i].time;
    if (time.own) {
      const bool zero = i == own_zero;
      time.bytes = (zero ? result.skip : result.clear).total();
      time.limit = zero ? result.skip_limit : result.clear_limit;
      time.attained = attained(time.limit, time.seconds.median);
      if (machine.hbm_gb_s > 0)
        time.bandwidth = static_cast<double>(time.bytes) / time.seconds.median / (1e9 * machine.hbm_gb_s);
    } else {
      if (own) time.over_own = in_graphs.ratio(i, *own);
      if (own_zero) time.over_own_zero = in_graphs.ratio(i, *own_zero);
    }
    result.updaters.push_back(std::move(time));
  }
}

UpdateResult time_update(const UpdateCase& what, const kernels::CudaDevice& device,
                         const MachineRates& machine, const Nvml& nvml) {
  const UpdateData data = draw_update_data(what);
  UpdateResult result = predicted(what, data, machine);
  result.before = result.after = nvml.state(device.pci_bus_id);
  if (what.caches == CacheState::kCold)
    result.copies = kernels::copies_for_cold_caches(arrays_bytes(data), device.l2_bytes);
  try {
    Updaters updaters = own_updaters(data, device, result.copies);
    for (std::unique_ptr<Updater>& updater : torch_updaters(data, device.index, result.copies))
      updaters.push_back(std::move(updater));
    updaters = checked(std::move(updaters), data, result);
    if (updaters.empty()) return result;
    const Timed timed = time_all(updaters, result, device.pci_bus_id, nvml);
    evaluate(result, updaters, timed.in_graphs, timed.queued, machine);
  } catch (const kernels::CudaError& error) {
    throw Failure(what.text() + ": " + error.what());
  }
  return result;
}

}  // namespace coppice
