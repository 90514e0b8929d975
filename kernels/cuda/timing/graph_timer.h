#pragma once
#include <cstdint>
#include <functional>
#include <memory>

#include "kernels/cuda/stream.h"

namespace coppice::kernels {

/// Queues the work of one call; `call` counts from 0, so that calls can take turns with their data.
using CudaWork = std::function<void(std::int64_t call, CudaStream stream)>;

/// Times short work on the current device. So many calls are captured once in a CUDA graph, so that the host
/// has no part in the time, and a replay of the graph is timed by events. A replay right before it, untimed,
/// keeps the device busy while the host queues the timed one, and leaves the caches as the work does.
class GraphTimer {
 public:
  /// Throws CudaError, and what the work throws.
  GraphTimer(const CudaWork& work, std::int64_t calls);
  ~GraphTimer();
  GraphTimer(const GraphTimer&) = delete;
  GraphTimer& operator=(const GraphTimer&) = delete;

  double seconds_per_call();  ///< Of one timed replay. Throws CudaError.
  void replay();              ///< Untimed; waits until it is done. Throws CudaError.
  std::int64_t calls() const { return calls_; }

 private:
  struct Resources;
  std::unique_ptr<Resources> resources_;
  std::int64_t calls_;
};

/// How many calls a batch takes: as many as last about 1 ms (50 of 20 us each, one where a call is as long),
/// at most 1000, and a multiple of `period` at least, so that every batch is a number of whole rounds.
std::int64_t calls_for(double seconds_per_call, std::int64_t period = 1);

/// A timer of as many calls, found by timing the work once. `period`: calls until the work has gone round its
/// data.
std::unique_ptr<GraphTimer> graph_timer(const CudaWork& work, std::int64_t period = 1);

/// The same without a graph: every call is queued by the host. For the cost of a launch.
double stream_seconds_per_call(const CudaWork& work, std::int64_t calls);

}  // namespace coppice::kernels
