#include "kernels/cuda/libraries/quick_time.h"

#include <algorithm>
#include <cstddef>
#include <cuda_runtime.h>

#include "kernels/cuda/check.cuh"

namespace coppice::kernels {

namespace {

constexpr int kWarmUps = 2, kSamples = 5;
constexpr double kMostRuns = 20;
constexpr double kSampleSeconds = 2e-4;  // so that the events' own resolution does not show

double median(std::vector<double> samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

}  // namespace

void TrialGround::Destroy::operator()(CUstream_st* stream) const { cudaStreamDestroy(stream); }
void TrialGround::Destroy::operator()(CUevent_st* event) const { cudaEventDestroy(event); }

TrialGround::TrialGround(const CudaRequest& request) : operands_(request) {
  cudaStream_t stream = nullptr;
  check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
  stream_.reset(stream);
  for (auto* event : {&begin_, &end_}) {
    cudaEvent_t made = nullptr;
    check_cuda(cudaEventCreate(&made), "making an event");
    event->reset(made);
  }
}

double TrialGround::sample(CudaRunner& runner, int runs) {
  check_cuda(cudaEventRecord(begin_.get(), stream_.get()), "recording an event");
  for (int i = 0; i < runs; ++i) operands_.run(runner, stream_.get());
  check_cuda(cudaEventRecord(end_.get(), stream_.get()), "recording an event");
  check_cuda(cudaEventSynchronize(end_.get()), "running a library's kernel");
  float milliseconds = 0;
  check_cuda(cudaEventElapsedTime(&milliseconds, begin_.get(), end_.get()), "reading an event");
  return 1e-3 * static_cast<double>(milliseconds) / runs;
}

double TrialGround::glance(CudaRunner& runner) {
  sample(runner, 1);  // may load the kernel
  return sample(runner, 1);
}

std::vector<double> TrialGround::seconds(const std::vector<CudaRunner*>& runners) {
  std::vector<int> runs;
  for (CudaRunner* runner : runners) {
    double last = 0;
    for (int i = 0; i < kWarmUps; ++i) last = sample(*runner, 1);
    runs.push_back(last > 0 ? static_cast<int>(std::clamp(kSampleSeconds / last, 1.0, kMostRuns)) : 1);
  }
  std::vector<std::vector<double>> samples(runners.size());
  for (int i = 0; i < kSamples; ++i) {
    for (std::size_t r = 0; r < runners.size(); ++r) samples[r].push_back(sample(*runners[r], runs[r]));
  }
  std::vector<double> medians;
  for (const auto& one : samples) medians.push_back(median(one));
  return medians;
}

}  // namespace coppice::kernels
