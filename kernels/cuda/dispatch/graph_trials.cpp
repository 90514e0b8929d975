#include "kernels/cuda/dispatch/graph_trials.h"

#include <algorithm>
#include <memory>

#include "kernels/cuda/timing/graph_timer.h"
#include "kernels/cuda/timing/rotation.h"

namespace coppice::kernels {

namespace {

constexpr int kSamples = 7;
constexpr std::int64_t kMostReplicas = 64;

/// A runner among its replicas, and what times them in turn.
struct Timed {
  std::vector<std::unique_ptr<CudaRunner>> replicas;
  std::vector<CudaRunner*> all;
  std::unique_ptr<GraphTimer> timer;
  std::vector<double> samples;
};

double median(std::vector<double> samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

}  // namespace

GraphTrials::GraphTrials(const CudaRequest& request, WeightsFrom weights)
    : operands_(request), weights_(weights), l2_bytes_(request.device.l2_bytes) {}

double GraphTrials::glance(CudaRunner& runner) {
  return graph_timer([&](std::int64_t, CudaStream stream) { operands_.run(runner, stream); })
      ->seconds_per_call();
}

std::vector<double> GraphTrials::seconds(const std::vector<CudaRunner*>& runners) {
  std::vector<Timed> timed(runners.size());
  for (std::size_t i = 0; i < runners.size(); ++i) {
    Timed& one = timed[i];
    one.all = {runners[i]};
    const std::int64_t copies =
        weights_ == WeightsFrom::kCache
            ? 1
            : std::min(copies_for_cold_caches(runners[i]->packed_bytes(), l2_bytes_), kMostReplicas);
    while (static_cast<std::int64_t>(one.all.size()) < copies) {
      one.replicas.push_back(runners[i]->replicate());
      one.all.push_back(one.replicas.back().get());
    }
    one.timer = graph_timer(
        [&](std::int64_t call, CudaStream stream) {
          operands_.run(*one.all[static_cast<std::size_t>(call % copies)], stream);
        },
        copies);
  }
  for (int i = 0; i < kSamples; ++i) {
    for (Timed& one : timed) one.samples.push_back(one.timer->seconds_per_call());
  }
  std::vector<double> medians;
  for (const Timed& one : timed) medians.push_back(median(one.samples));
  return medians;
}

}  // namespace coppice::kernels
