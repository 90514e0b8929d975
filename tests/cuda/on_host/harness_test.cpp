// What a launch on the host gives to a correct kernel: indices, barriers, warps, atomics, memory.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "cuda/on_host/support.h"
#include "kernels/cuda/on_host/host_device.h"

namespace coppice::kernels {
namespace {

/// The sum of a block's share of x: over threads by shared memory, then over a warp by shuffles.
__global__ void __launch_bounds__(128) sum_kernel(const float* x, float* sums, int n) {
  auto* partial = reinterpret_cast<float*>(shared_memory());
  float mine = 0;
  for (int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); i < n;
       i += static_cast<int>(gridDim.x * blockDim.x))
    mine += x[i];
  partial[threadIdx.x] = mine;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  float sum = 0;
  for (unsigned i = threadIdx.x; i < blockDim.x; i += 32) sum += partial[i];
  for (int bits = 16; bits > 0; bits /= 2) sum += __shfl_xor_sync(kAllLanes, sum, bits);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

TEST(HostRun, SumsInEverySchedule) {
  std::vector<float> x(5000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7);
  const float expected = std::accumulate(x.begin(), x.end(), 0.0f);
  const DeviceBuffer input = on_device(x);
  const int right = count_schedules([&] {
    DeviceBuffer sums(3 * sizeof(float));
    launch({.grid = 3, .block = 128, .shared_bytes = 128 * sizeof(float)}, sum_kernel, input.as<float>(),
           sums.as<float>(), 5000);
    const std::vector<float> got = on_host<float>(sums);
    return std::accumulate(got.begin(), got.end(), 0.0f) == expected;
  });
  EXPECT_EQ(right, kSchedulesTried);
}

/// Every thread of every block writes its number where its indices say.
__global__ void number_kernel(unsigned* out) {
  const unsigned block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  const unsigned at = block * blockDim.x * blockDim.y * blockDim.z + thread;
  atomicAdd(&out[at], at + 1);
}

TEST(HostRun, EveryThreadRunsOnceWithItsIndices) {
  EXPECT_EQ(count_schedules([] {
              DeviceBuffer out = on_device(std::vector<unsigned>(2 * 3 * 4 * 5 * 6 * 7, 0));
              launch({.grid = {2, 3, 4}, .block = {5, 6, 7}}, number_kernel, out.as<unsigned>());
              std::vector<unsigned> expected(2 * 3 * 4 * 5 * 6 * 7);
              std::iota(expected.begin(), expected.end(), 1u);
              return on_host<unsigned>(out) == expected;
            }),
            kSchedulesTried);
}

/// Blocks and threads note when they come.
__global__ void arrival_kernel(int* clock, int* order) {
  order[atomicAdd(clock, 1)] = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
}

std::vector<int> arrivals(Schedule schedule, std::uint64_t seed) {
  const ScheduleScope scope(schedule, seed);
  DeviceBuffer clock = on_device(std::vector<int>{0}), order(3 * 70 * sizeof(int));
  launch({.grid = 3, .block = 70}, arrival_kernel, clock.as<int>(), order.as<int>());
  return on_host<int>(order);
}

TEST(HostRun, SchedulesOrderBlocksAndThreads) {
  std::vector<int> forward(3 * 70);
  std::iota(forward.begin(), forward.end(), 0);
  std::vector<int> reverse(forward.rbegin(), forward.rend());
  EXPECT_EQ(arrivals(Schedule::kForward, 0), forward);
  EXPECT_EQ(arrivals(Schedule::kReverse, 0), reverse);
  const std::vector<int> shuffled = arrivals(Schedule::kShuffled, 1);
  EXPECT_EQ(arrivals(Schedule::kShuffled, 1), shuffled);
  EXPECT_NE(arrivals(Schedule::kShuffled, 2), shuffled);
  EXPECT_NE(shuffled, forward);
  std::vector<int> sorted = shuffled;
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, forward);
  const ScheduleScope outer(Schedule::kReverse);
  { const ScheduleScope inner(Schedule::kForward); }
  DeviceBuffer clock = on_device(std::vector<int>{0}), order(2 * sizeof(int));
  launch({.grid = 2, .block = 1}, arrival_kernel, clock.as<int>(), order.as<int>());
  EXPECT_EQ(on_host<int>(order), (std::vector<int>{1, 0})) << "an inner scope ends";
}

/// A warp runs as far ahead as barriers let it.
__global__ void ahead_kernel(int* warp1_done, int* seen) {
  for (int i = 0; i < 10; ++i) __syncwarp();
  if (threadIdx.x == 0) *seen = atomicAdd(warp1_done, 0);
  if (threadIdx.x == 32) atomicAdd(warp1_done, 1);
}

TEST(HostRun, WarpsRunFarAhead) {
  for (const auto& [schedule, expected] : {std::pair(Schedule::kForward, 0), {Schedule::kReverse, 1}}) {
    const ScheduleScope scope(schedule);
    DeviceBuffer done = on_device(std::vector<int>{0}), seen(sizeof(int));
    launch({.grid = 1, .block = 64}, ahead_kernel, done.as<int>(), seen.as<int>());
    EXPECT_EQ(on_host<int>(seen)[0], expected);
  }
}

__global__ void shared_kernel(float* out, std::uintptr_t* address) {
  const auto* shared = reinterpret_cast<const float*>(shared_memory());
  out[blockIdx.x] = shared[7];
  *address = reinterpret_cast<std::uintptr_t>(shared);
  reinterpret_cast<float*>(shared_memory())[7] = 1;
}

TEST(HostRun, EveryBlockFindsSharedMemoryFullOfNan) {
  DeviceBuffer out = on_device(std::vector<float>(3, 0)), address(sizeof(std::uintptr_t));
  launch({.grid = 3, .block = 1, .shared_bytes = 32}, shared_kernel, out.as<float>(),
         address.as<std::uintptr_t>());
  for (const float value : on_host<float>(out)) EXPECT_TRUE(std::isnan(value));
  EXPECT_EQ(on_host<std::uintptr_t>(address)[0] % 128, 0u);
}

TEST(HostRun, DeviceMemory) {
  for (const float value : on_host<float>(DeviceBuffer(40))) EXPECT_TRUE(std::isnan(value));
  const std::vector<int> values = {1, 2, 3};
  DeviceBuffer buffer = on_device(values);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 256, 0u);
  DeviceBuffer copy = buffer.copy();
  buffer.fill(0);
  EXPECT_EQ(on_host<int>(buffer), std::vector<int>(3, 0));
  EXPECT_EQ(on_host<int>(copy), values);
  DeviceBuffer moved = std::move(copy);
  EXPECT_EQ(on_host<int>(moved), values);
  moved = std::move(buffer);
  EXPECT_EQ(on_host<int>(moved), std::vector<int>(3, 0));
  EXPECT_EQ(DeviceBuffer(std::int64_t{0}).data(), nullptr);
  EXPECT_EQ(DeviceBuffer().copy().bytes(), 0);
  EXPECT_THROW(moved.upload(values.data(), 13), CudaError);
  int there[4];
  EXPECT_THROW(moved.download(there, 13), CudaError);
  EXPECT_THROW(DeviceBuffer(-1), CudaError);
}

__global__ void argument_kernel(double* out, double a, std::int64_t b, const char* text) {
  *out = a + static_cast<double>(b) + static_cast<double>(std::strlen(text));
}

TEST(HostRun, ArgumentsBecomeTheParametersTypes) {
  DeviceBuffer out(sizeof(double));
  launch({.grid = 1, .block = 1}, argument_kernel, out.as<double>(), 1, 2u, "three");
  EXPECT_EQ(on_host<double>(out)[0], 8);
}

TEST(HostRun, StreamingLoadsAndIntrinsics) {
  alignas(16) const std::uint32_t words[] = {1, 2, 3, 4};
  const uint4 four = load_streaming(reinterpret_cast<const uint4*>(words));
  EXPECT_EQ(four.x + 10 * four.y + 100 * four.z + 1000 * four.w, 4321u);
  const uint2 two = load_streaming(reinterpret_cast<const uint2*>(words + 2));
  EXPECT_EQ(two.x + 10 * two.y, 43u);
  EXPECT_EQ(__popc(0xf0f00001u), 9);
  EXPECT_EQ(__ffs(0), 0);
  EXPECT_EQ(__ffs(8), 4);
  EXPECT_EQ(__ffs(static_cast<int>(0x80000000u)), 32);
  EXPECT_EQ(__clz(1), 31);
  EXPECT_EQ(__clz(0), 32);
  EXPECT_EQ(__uint_as_float(0x3f800000u), 1.0f);
  EXPECT_EQ(__float_as_uint(-2.0f), 0xc0000000u);
  // Rounded once: 1 + 2^-23 squared is 1 + 2^-22 + 2^-46.
  const float near_one = 1 + 0x1p-23f;
  EXPECT_EQ(__fmaf_rn(near_one, near_one, -(1 + 0x1p-22f)), 0x1p-46f);
  EXPECT_EQ(min(3, -4) + max(3, -4), -1);
  EXPECT_EQ(min(3u, 4u), 3u);
  EXPECT_EQ(max(2.5f, NAN), 2.5f);
}

TEST(HostRun, DeviceIsLikeAnH200WithFewMultiprocessors) {
  const CudaDevice device = host_device();
  EXPECT_EQ(device.capability(), 90);
  EXPECT_EQ(device.multiprocessors, 4);
  EXPECT_EQ(device.shared_bytes_per_block, 232448);
}

}  // namespace
}  // namespace coppice::kernels
