// Threads that do not meet where they must, and launches that no device takes: HostRunError says who and
// where.
#include <atomic>
#include <stdexcept>

#include "cuda/on_host/support.h"

namespace coppice::kernels {
namespace {

const LaunchShape kWarp{.grid = 1, .block = 32};
const LaunchShape kBlock{.grid = 2, .block = 64};

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

template <int fault>
__global__ void shuffle_kernel() {
  const int lane = static_cast<int>(threadIdx.x % 32);
  if (fault == 1 && lane >= 16) {
    __shfl_xor_sync(kAllLanes, lane, 1);  // the other half calls it elsewhere
    return;
  }
  if (fault == 2 && lane == 7) return;
  if (fault == 3 && lane == 7) {
    __ballot_sync(kAllLanes, 1);
    return;
  }
  const unsigned mask = fault == 4 && lane == 7 ? 0x7fffffffu : fault == 5 ? 0xfffffff0u : kAllLanes;
  __shfl_xor_sync(mask, lane, 1);
}

TEST(HostDivergence, Shuffles) {
  EXPECT_EQ(fault_of(kBlock, shuffle_kernel<0>), "");
  EXPECT_SAYS(fault_of(kBlock, shuffle_kernel<1>), "waits for it in __shfl_xor_sync with mask 0xffffffff");
  EXPECT_SAYS(fault_of(kBlock, shuffle_kernel<2>), "lane 7 has ended or does not exist");
  EXPECT_SAYS(fault_of(kBlock, shuffle_kernel<3>), "waits for it in __");
  EXPECT_SAYS(fault_of(kBlock, shuffle_kernel<4>), "waits for it in __shfl_xor_sync with mask");
  EXPECT_SAYS(fault_of(kBlock, shuffle_kernel<5>),
              "block (0, 0, 0), thread (0, 0, 0): __shfl_xor_sync with mask 0xfffffff0");
  EXPECT_SAYS(fault_of(kBlock, shuffle_kernel<5>), "lane 0 is not in its own mask");
}

TEST(HostDivergence, LanesThatDoNotExist) {
  EXPECT_SAYS(fault_of({.grid = 1, .block = 24}, shuffle_kernel<0>), "lane 24 has ended or does not exist");
}

/// The last to come finds nobody: the others wait for ever.
__global__ void last_lane_kernel() {
  if (threadIdx.x != 31) __syncwarp();
}

TEST(HostDivergence, LaneThatNeverComes) {
  EXPECT_SAYS(fault_of(kWarp, last_lane_kernel), "31 threads, first (0, 0, 0), wait for ever in __syncwarp");
}

__global__ void outside_kernel() {
  if (threadIdx.x < 16) __shfl_down_sync(0xffffu, 1, 8);
}
__global__ void width_kernel() { __shfl_down_sync(kAllLanes, 1, 8, 12); }

TEST(HostDivergence, ShufflesThatReadNonsense) {
  EXPECT_SAYS(fault_of(kWarp, outside_kernel), "thread (8, 0, 0)");
  EXPECT_SAYS(fault_of(kWarp, outside_kernel), "reads from lane 16, not in the mask");
  EXPECT_SAYS(fault_of(kWarp, width_kernel), "width 12");
}

template <int fault>
__global__ void barrier_kernel() {
  if (fault == 1 && threadIdx.x >= 32) {
    __syncthreads();
  } else if (fault != 2 || threadIdx.x != 40) {
    __syncthreads();
  }
}

TEST(HostDivergence, Barriers) {
  EXPECT_EQ(fault_of(kBlock, barrier_kernel<0>), "");
  EXPECT_SAYS(fault_of(kBlock, barrier_kernel<1>), "waits in the one at");
  const std::string fault = fault_of(kBlock, barrier_kernel<2>);
  EXPECT_SAYS(fault, "deadlock: 63 threads, first (0, 0, 0), wait for ever in __syncthreads at");
  EXPECT_SAYS(fault, "divergence_test.cpp:");
  EXPECT_SAYS(fault, "1 have ended, first (40, 0, 0)");
}

__global__ void deadlock_kernel() {
  if (threadIdx.x < 16) __syncwarp();
  if (threadIdx.x >= 16) __syncthreads();
}
__global__ void spin_kernel() {
  auto* flag = reinterpret_cast<int*>(shared_memory());
  if (threadIdx.x == 0) *flag = 0;
  while (atomicAdd(flag, 0) == 0) {
  }
}

TEST(HostDivergence, Deadlocks) {
  const std::string fault = fault_of(kWarp, deadlock_kernel);
  EXPECT_SAYS(fault, "16 threads, first (0, 0, 0), wait for ever in __syncwarp");
  EXPECT_SAYS(fault, "16 threads, first (16, 0, 0), wait for ever in __syncthreads");
  EXPECT_THROW(launch({.grid = 1, .block = 1, .shared_bytes = 4}, spin_kernel), HostRunError);
}

__global__ void second_block_kernel() {
  if (blockIdx.x == 1 && threadIdx.y == 2) __shfl_sync(1u << (threadIdx.x + 1), 0, 0);
}

TEST(HostDivergence, ErrorNamesBlockAndThread) {
  try {
    launch({.grid = 2, .block = {1, 4}}, second_block_kernel);
    FAIL();
  } catch (const HostRunError& error) {
    EXPECT_EQ(error.block().x, 1u);
    EXPECT_EQ(error.thread().y, 2u);
    EXPECT_SAYS(std::string(error.what()), "block (1, 0, 0), thread (0, 2, 0)");
  }
}

struct Guard {
  std::atomic<int>& count;
  ~Guard() { ++count; }
};
__global__ void throwing_kernel(std::atomic<int>* unwound) {
  const Guard guard{*unwound};
  __syncwarp();
  if (threadIdx.x == 5) throw std::out_of_range("from thread 5");
  __syncthreads();
}

TEST(HostDivergence, ExceptionsLeaveTheOtherThreadsUnwoundAndTheHarnessWhole) {
  std::atomic<int> unwound = 0;
  EXPECT_EQ(count_schedules([&] {
              unwound = 0;
              EXPECT_THROW(launch(kWarp, throwing_kernel, &unwound), std::out_of_range);
              return unwound == 32 && fault_of(kBlock, barrier_kernel<0>).empty();
            }),
            kSchedulesTried);
}

__global__ void nothing_kernel() {}
__global__ void nested_kernel() { launch({.grid = 1, .block = 1}, nothing_kernel); }

TEST(HostLaunch, RefusesWhatDevicesRefuse) {
  const auto refusal = [](const LaunchShape& shape) { return fault_of(shape, nothing_kernel); };
  EXPECT_EQ(refusal({.grid = {1, 3, 2}, .block = {2, 2, 64}}), "");
  EXPECT_EQ(refusal({.grid = 1, .block = 1024, .shared_bytes = 227 * 1024}), "");
  EXPECT_SAYS(refusal({.grid = 1, .block = 1025}), "a block is at most");
  EXPECT_SAYS(refusal({.grid = 1, .block = {1, 1, 65}}), "a block is at most");
  EXPECT_SAYS(refusal({.grid = 1, .block = {32, 33}}), "at most 1024 threads");
  EXPECT_SAYS(refusal({.grid = 1, .block = {1, 0}}), "the block is empty");
  EXPECT_SAYS(refusal({.grid = {1, 1, 0}, .block = 1}), "the grid is empty");
  EXPECT_SAYS(refusal({.grid = {0x80000000u, 1, 1}, .block = 1}), "a grid has at most");
  EXPECT_SAYS(refusal({.grid = {1, 65536, 1}, .block = 1}), "a grid has at most");
  EXPECT_SAYS(refusal({.grid = 1, .block = 1, .shared_bytes = 227 * 1024 + 1}), "at most 232448 bytes");
  EXPECT_SAYS(refusal({.grid = 1, .block = 1, .shared_bytes = -1}), "at most 232448 bytes");
  EXPECT_SAYS(fault_of({.grid = 1, .block = 1}, nullptr), "null kernel");
  EXPECT_SAYS(fault_of({.grid = 1, .block = 1}, nested_kernel), "from within a kernel");
  EXPECT_THROW(__syncthreads(), HostRunError);
  EXPECT_THROW(shared_memory(), HostRunError);
}

}  // namespace
}  // namespace coppice::kernels
