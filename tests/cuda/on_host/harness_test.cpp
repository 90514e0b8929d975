// What a launch on the host gives to a kernel: indices, barriers, warps, shared and device memory.
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels {
namespace {

/// The sum of a block's share of x: over threads by shared memory, then over a warp by shuffles.
__global__ void __launch_bounds__(128) sum_kernel(const float* x, float* sums, int n) {
  auto* partial = reinterpret_cast<float*>(shared_memory());
  float mine = 0;
  for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < static_cast<unsigned>(n);
       i += gridDim.x * blockDim.x)
    mine += x[i];
  partial[threadIdx.x] = mine;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  float sum = 0;
  for (unsigned i = threadIdx.x; i < blockDim.x; i += 32) sum += partial[i];
  for (int bits = 16; bits > 0; bits /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, bits);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

TEST(HostRun, SumsInEverySchedule) {
  std::vector<float> x(5000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7);
  const DeviceBuffer on_gpu = on_device(x);
  for (const Schedule schedule : kSchedules) {
    const ScheduleScope scope(schedule, 1);
    DeviceBuffer sums(3 * sizeof(float));
    launch({.grid = 3, .block = 128, .shared_bytes = 128 * sizeof(float)}, sum_kernel, on_gpu.as<float>(),
           sums.as<float>(), 5000);
    const std::vector<float> got = on_host<float>(sums);
    EXPECT_EQ(std::accumulate(got.begin(), got.end(), 0.0f), std::accumulate(x.begin(), x.end(), 0.0f));
  }
}

}  // namespace
}  // namespace coppice::kernels
