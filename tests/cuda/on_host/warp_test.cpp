// Warp collectives against their definitions, over whole warps and over parts of them.
#include <vector>

#include "cuda/on_host/support.h"

namespace coppice::kernels {
namespace {

constexpr int kWidths[] = {1, 2, 4, 8, 16, 32};

/// For every width: shfl from lane 5, up by 3, down by 3, xor 6 of the numbers of the lanes.
__global__ void shuffle_kernel(int* out) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  for (const int width : kWidths) {
    out[lane] = __shfl_sync(kAllLanes, lane, 5, width);
    out[32 + lane] = __shfl_up_sync(kAllLanes, lane, 3, width);
    out[64 + lane] = __shfl_down_sync(kAllLanes, lane, 3, width);
    out[96 + lane] = __shfl_xor_sync(kAllLanes, lane, 6, width);
    out += 128;
  }
}

TEST(HostWarp, Shuffles) {
  DeviceBuffer out(6 * 128 * sizeof(int));
  launch({.grid = 1, .block = 32}, shuffle_kernel, out.as<int>());
  const std::vector<int> got = on_host<int>(out);
  auto at = got.begin();
  for (const int width : kWidths) {
    for (int lane = 0; lane < 32; ++lane) {
      const int first = lane / width * width, last = first + width - 1;
      EXPECT_EQ(at[lane], first + 5 % width) << width;
      EXPECT_EQ(at[32 + lane], lane - 3 >= first ? lane - 3 : lane) << width;
      EXPECT_EQ(at[64 + lane], lane + 3 <= last ? lane + 3 : lane) << width;
      EXPECT_EQ(at[96 + lane], (lane ^ 6) <= last ? lane ^ 6 : lane) << width;
    }
    at += 128;
  }
}

__global__ void wide_kernel(double* d, std::uint64_t* u, unsigned* v) {
  const unsigned lane = threadIdx.x;
  d[lane] = __shfl_xor_sync(kAllLanes, 0.5 + lane, 1);
  u[lane] = __shfl_down_sync(kAllLanes, (std::uint64_t{1} << 40) + lane, 1u);
  v[lane] = __shfl_sync(kAllLanes, lane, static_cast<int>(lane) + 33);  // taken by the width
}

TEST(HostWarp, TypesOf64Bits) {
  DeviceBuffer d(32 * 8), u(32 * 8), v(32 * 4);
  launch({.grid = 1, .block = 32}, wide_kernel, d.as<double>(), u.as<std::uint64_t>(), v.as<unsigned>());
  EXPECT_EQ(on_host<double>(d)[6], 7.5);
  EXPECT_EQ(on_host<std::uint64_t>(u)[30], (std::uint64_t{1} << 40) + 31);
  EXPECT_EQ(on_host<unsigned>(v)[31], 0u);
}

__global__ void vote_kernel(unsigned* out) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  out += 3 * threadIdx.x;
  out[0] = __ballot_sync(kAllLanes, lane % 3 == 0 ? 7 : 0);
  out[1] = static_cast<unsigned>(__any_sync(kAllLanes, lane == 9)) + 2u * (__any_sync(kAllLanes, 0) != 0);
  out[2] = static_cast<unsigned>(__all_sync(kAllLanes, lane != 9)) + 2u * (__all_sync(kAllLanes, 1) != 0);
}

TEST(HostWarp, Votes) {
  DeviceBuffer out(64 * 3 * sizeof(unsigned));
  launch({.grid = 1, .block = 64}, vote_kernel, out.as<unsigned>());
  const std::vector<unsigned> got = on_host<unsigned>(out);
  for (std::size_t i = 0; i < got.size(); i += 3)
    EXPECT_EQ(std::vector(got.begin() + i, got.begin() + i + 3), (std::vector<unsigned>{0x49249249u, 1, 2}));
}

/// The halves of a warp go their own ways with their own masks, at their own pace.
__global__ void halves_kernel(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  int sum = lane;
  if (lane < 16) {
    for (int bits = 8; bits > 0; bits /= 2) sum += __shfl_xor_sync(0xffffu, sum, bits);
  } else {
    for (int bits = 8; bits > 1; bits /= 2) sum += __shfl_xor_sync(0xffff0000u, sum, bits);
    __syncwarp(0xffff0000u);
  }
  __syncwarp();
  out[lane] = sum;
}

TEST(HostWarp, HalvesDiverge) {
  const int right = count_schedules([] {
    DeviceBuffer out(32 * sizeof(int));
    launch({.grid = 1, .block = 32}, halves_kernel, out.as<int>());
    const std::vector<int> got = on_host<int>(out);
    bool all = true;
    for (int lane = 0; lane < 32; ++lane) {
      // Upper half: the sum of its even or of its odd lanes.
      const int expected = lane < 16 ? 120 : lane % 2 ? 192 : 184;
      all = all && got[static_cast<std::size_t>(lane)] == expected;
    }
    return all;
  });
  EXPECT_EQ(right, kSchedulesTried);
}

/// A call in a function serves warps that come to it at different times.
__device__ int warp_sum(int value) {
  for (unsigned by = 16; by > 0; by /= 2) value += __shfl_down_sync(kAllLanes, value, by);
  return value;
}

__global__ void last_warp_kernel(int* counter, int* out) {
  const int sum = warp_sum(1);
  __threadfence();
  if (threadIdx.x % 32 == 0 && atomicAdd(counter, sum) == 96) *out = *counter;
}

TEST(HostWarp, LastWarpByAnAtomicCounter) {
  const int right = count_schedules([] {
    DeviceBuffer counter = on_device(std::vector<int>{0}), out(sizeof(int));
    launch({.grid = 1, .block = 128}, last_warp_kernel, counter.as<int>(), out.as<int>());
    return on_host<int>(out)[0] == 128;
  });
  EXPECT_EQ(right, kSchedulesTried);
}

}  // namespace
}  // namespace coppice::kernels
