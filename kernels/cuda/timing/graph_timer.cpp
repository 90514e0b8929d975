#include "kernels/cuda/timing/graph_timer.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "kernels/cuda/check.cuh"

namespace coppice::kernels {

namespace {

/// A stream with two events on it.
struct TimedStream {
  cudaStream_t stream = nullptr;
  cudaEvent_t begin = nullptr, end = nullptr;

  TimedStream() {
    try {
      check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
      check_cuda(cudaEventCreate(&begin), "creating an event");
      check_cuda(cudaEventCreate(&end), "creating an event");
    } catch (...) {
      release();
      throw;
    }
  }
  TimedStream(const TimedStream&) = delete;
  TimedStream& operator=(const TimedStream&) = delete;
  ~TimedStream() { release(); }

  void release() {
    if (end) cudaEventDestroy(end);
    if (begin) cudaEventDestroy(begin);
    if (stream) cudaStreamDestroy(stream);
  }
  void start() { check_cuda(cudaEventRecord(begin, stream), "recording an event"); }
  /// Waits for all that was queued.
  double stop() {
    check_cuda(cudaEventRecord(end, stream), "recording an event");
    check_cuda(cudaEventSynchronize(end), "running the work that is timed");
    float milliseconds = 0;
    check_cuda(cudaEventElapsedTime(&milliseconds, begin, end), "reading the time between events");
    return 1e-3 * static_cast<double>(milliseconds);
  }
};

/// What the work queues, as a graph. A capture that failed is ended, or the stream could not be used again.
cudaGraph_t captured(const CudaWork& work, std::int64_t calls, cudaStream_t stream) {
  check_cuda(cudaDeviceSynchronize(), "waiting for earlier work");
  check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "beginning to capture");
  cudaGraph_t graph = nullptr;
  try {
    for (std::int64_t call = 0; call < calls; ++call) work(call, stream);
  } catch (...) {
    cudaStreamEndCapture(stream, &graph);
    if (graph) cudaGraphDestroy(graph);
    cudaGetLastError();
    throw;
  }
  const cudaError_t status = cudaStreamEndCapture(stream, &graph);
  if (status != cudaSuccess && graph) cudaGraphDestroy(graph);
  check_cuda(status, "capturing the work in a graph");
  return graph;
}

}  // namespace

struct GraphTimer::Resources {
  TimedStream timed;
  cudaGraphExec_t graph = nullptr;
  ~Resources() {
    if (graph) cudaGraphExecDestroy(graph);
  }
  void launch() { check_cuda(cudaGraphLaunch(graph, timed.stream), "launching a graph"); }
};

GraphTimer::GraphTimer(const CudaWork& work, std::int64_t calls)
    : resources_(std::make_unique<Resources>()), calls_(calls) {
  if (calls < 1) throw std::invalid_argument("a graph of no calls");
  const cudaGraph_t graph = captured(work, calls, resources_->timed.stream);
  const cudaError_t status = cudaGraphInstantiate(&resources_->graph, graph, 0);
  cudaGraphDestroy(graph);
  check_cuda(status, "making a graph ready");
  check_cuda(cudaGraphUpload(resources_->graph, resources_->timed.stream), "uploading a graph");
}

GraphTimer::~GraphTimer() = default;

double GraphTimer::seconds_per_call() {
  resources_->launch();
  resources_->timed.start();
  resources_->launch();
  return resources_->timed.stop() / static_cast<double>(calls_);
}

void GraphTimer::replay() {
  resources_->launch();
  check_cuda(cudaStreamSynchronize(resources_->timed.stream), "replaying a graph");
}

std::int64_t calls_for(double seconds_per_call, std::int64_t period) {
  constexpr double kBatchSeconds = 1e-3, kMost = 1000;
  const double wanted = std::clamp(std::ceil(kBatchSeconds / std::max(seconds_per_call, 1e-9)), 1.0, kMost);
  return (static_cast<std::int64_t>(wanted) + period - 1) / period * period;
}

std::unique_ptr<GraphTimer> graph_timer(const CudaWork& work, std::int64_t period) {
  constexpr std::int64_t kTrial = 10;  // of one call alone, queueing it would be most of the time
  stream_seconds_per_call(work, 1);    // a kernel's first launch may load it, which a capture does not allow
  GraphTimer trial(work, (kTrial + period - 1) / period * period);
  trial.replay();
  return std::make_unique<GraphTimer>(work, calls_for(trial.seconds_per_call(), period));
}

double stream_seconds_per_call(const CudaWork& work, std::int64_t calls) {
  TimedStream timed;
  check_cuda(cudaDeviceSynchronize(), "waiting for earlier work");
  work(0, timed.stream);
  timed.start();
  for (std::int64_t call = 0; call < calls; ++call) work(call, timed.stream);
  return timed.stop() / static_cast<double>(calls);
}

}  // namespace coppice::kernels
