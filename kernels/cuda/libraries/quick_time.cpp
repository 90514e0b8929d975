#include "kernels/cuda/libraries/quick_time.h"

#include <algorithm>
#include <cstddef>
#include <cuda_runtime.h>
#include <random>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/check.cuh"

namespace coppice::kernels {

namespace {

constexpr int kWarmUps = 2, kSamples = 5;
constexpr double kMostRuns = 20;
constexpr double kSampleSeconds = 2e-4;  // so that the events' own resolution does not show

DeviceBuffer random_activations(const Activations& shape, Precision precision) {
  constexpr std::int64_t kBlock = 1 << 16;  // repeated: the host's time counts too
  std::mt19937 random(1);
  std::vector<float> floats(kBlock);
  std::vector<Bf16> halves(kBlock);
  for (std::int64_t i = 0; i < kBlock; ++i) {
    const auto at = static_cast<std::size_t>(i);
    floats[at] = static_cast<float>(random() % 2000) / 1000.f - 1;
    halves[at] = to_bf16(floats[at]);
  }
  const void* block = precision == Precision::kBf16 ? static_cast<void*>(halves.data()) : floats.data();
  const std::int64_t bytes = shape.floats() * element_bytes(precision);
  DeviceBuffer buffer(bytes);
  for (std::int64_t at = 0; at < bytes; at += kBlock * element_bytes(precision)) {
    const std::int64_t part = std::min(bytes - at, kBlock * element_bytes(precision));
    check_cuda(cudaMemcpy(buffer.as<unsigned char>() + at, block, static_cast<std::size_t>(part),
                          cudaMemcpyHostToDevice),
               "copying to the GPU");
  }
  return buffer;
}

double median(std::vector<double> samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

}  // namespace

void TrialGround::Destroy::operator()(CUstream_st* stream) const { cudaStreamDestroy(stream); }
void TrialGround::Destroy::operator()(CUevent_st* event) const { cudaEventDestroy(event); }

TrialGround::TrialGround(const CudaRequest& request) {
  const Activations out = request.layer.output(request.images, request.out);
  x_ = random_activations(request.layer.input(request.images, request.in), request.precision);
  if (request.layer.residual) residual_ = random_activations(out, request.precision);
  y_ = DeviceBuffer(out.floats() * element_bytes(request.precision));
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
  for (int i = 0; i < runs; ++i) runner.run(x_.data(), residual_.data(), y_.data(), stream_.get());
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
