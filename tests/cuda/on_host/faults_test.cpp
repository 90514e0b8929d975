// Faults planted in kernels that are right without them: what hardware lets pass, or answers with nonsense,
// must be caught here, or the harness proves nothing. Faults of memory end in a sanitizer's report.
#include <cmath>
#include <vector>

#include "cuda/on_host/support.h"

namespace coppice::kernels {
namespace {

/// Threads pass numbers round by shared memory, several times in the same place: a barrier before the others
/// read, and one before the next is written.
template <bool barrier_after_write, bool barrier_after_read>
__global__ void pass_round_kernel(int* out) {
  auto* place = reinterpret_cast<int*>(shared_memory());
  int mine = static_cast<int>(threadIdx.x);
  for (int round = 0; round < 3; ++round) {
    place[threadIdx.x] = mine;
    if (barrier_after_write) __syncthreads();
    mine = place[(threadIdx.x + 40) % blockDim.x];
    if (barrier_after_read) __syncthreads();
  }
  out[threadIdx.x] = mine;
}

int right_schedules(void (*kernel)(int*)) {
  return count_schedules([&] {
    DeviceBuffer out(128 * sizeof(int));
    launch({.grid = 1, .block = 128, .shared_bytes = 128 * sizeof(int)}, kernel, out.as<int>());
    const std::vector<int> got = on_host<int>(out);
    for (int i = 0; i < 128; ++i)
      if (got[static_cast<std::size_t>(i)] != (i + 120) % 128) return false;
    return true;
  });
}

TEST(HostFaults, RemovedBarrier) {
  EXPECT_EQ(right_schedules(pass_round_kernel<true, true>), kSchedulesTried);
  EXPECT_EQ(right_schedules(pass_round_kernel<false, true>), 0);
  EXPECT_EQ(right_schedules(pass_round_kernel<true, false>), 0);
}

/// A warp's lanes pass numbers by shared memory.
template <bool barrier>
__global__ void warp_pass_kernel(int* out) {
  auto* place = reinterpret_cast<int*>(shared_memory());
  place[threadIdx.x] = static_cast<int>(threadIdx.x);
  if (barrier) __syncwarp();
  out[threadIdx.x] = place[31 - threadIdx.x];
}

TEST(HostFaults, RemovedWarpBarrier) {
  const auto right = [](void (*kernel)(int*)) {
    return count_schedules([&] {
      DeviceBuffer out(32 * sizeof(int));
      launch({.grid = 1, .block = 32, .shared_bytes = 32 * sizeof(int)}, kernel, out.as<int>());
      const std::vector<int> got = on_host<int>(out);
      for (int i = 0; i < 32; ++i)
        if (got[static_cast<std::size_t>(i)] != 31 - i) return false;
      return true;
    });
  };
  EXPECT_EQ(right(warp_pass_kernel<true>), kSchedulesTried);
  EXPECT_EQ(right(warp_pass_kernel<false>), 0);
}

template <bool fault>
__global__ void shared_store_kernel(float* out) {
  auto* place = reinterpret_cast<float*>(shared_memory());
  place[threadIdx.x + (fault ? 1 : 0)] = 1;
  __syncthreads();
  out[threadIdx.x] = place[threadIdx.x + (fault ? 1 : 0)];
}

/// The last of these threads writes beyond.
void store_in_shared_memory(void (*kernel)(float*)) {
  DeviceBuffer out(33 * sizeof(float));
  launch({.grid = 1, .block = 33, .shared_bytes = 33 * sizeof(float)}, kernel, out.as<float>());
}

TEST(HostFaultsDeathTest, StoreBehindSharedMemory) {
  count_schedules([] {
    store_in_shared_memory(shared_store_kernel<false>);
    EXPECT_DEATH(store_in_shared_memory(shared_store_kernel<true>), "heap-buffer-overflow");
    return true;
  });
}

TEST(HostFaultsDeathTest, ReportNamesTheKernel) {
  EXPECT_DEATH(store_in_shared_memory(shared_store_kernel<true>),
               "WRITE of size 4(.|\n)*shared_store_kernel");
}

template <bool fault>
__global__ void device_store_kernel(std::uint16_t* out, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (fault ? i <= n : i < n) out[i] = 1;
}

TEST(HostFaultsDeathTest, StoreBehindABuffer) {
  const auto store = [](void (*kernel)(std::uint16_t*, int)) {
    DeviceBuffer out(37 * sizeof(std::uint16_t));
    launch({.grid = 2, .block = 32}, kernel, out.as<std::uint16_t>(), 37);
  };
  store(device_store_kernel<false>);
  EXPECT_DEATH(store(device_store_kernel<true>), "heap-buffer-overflow");
}

__global__ void use_after_free_kernel(int* out) { *out = 1; }

TEST(HostFaultsDeathTest, StoreToAFreedBuffer) {
  int* gone = nullptr;
  { gone = DeviceBuffer(4).as<int>(); }
  EXPECT_DEATH(launch({.grid = 1, .block = 1}, use_after_free_kernel, gone), "heap-use-after-free");
}

__global__ void static_no_shared_kernel() { *shared_memory() = 1; }

TEST(HostFaultsDeathTest, SharedMemoryThatWasNotAskedFor) {
  EXPECT_DEATH(launch({.grid = 1, .block = 1}, static_no_shared_kernel), "null pointer");
}

template <int offset>
__global__ void vector_load_kernel(const float* x, float* out) {
  *out = reinterpret_cast<const float4*>(x + offset)->y;
}
template <int offset>
__global__ void streaming_load_kernel(const float* x, float* out) {
  *out = __uint_as_float(load_streaming(reinterpret_cast<const uint2*>(x + offset)).y);
}

TEST(HostFaultsDeathTest, MisalignedVectorLoad) {
  const DeviceBuffer x = on_device(std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7});
  const auto load = [&](void (*kernel)(const float*, float*)) {
    DeviceBuffer out(sizeof(float));
    launch({.grid = 1, .block = 1}, kernel, x.as<float>(), out.as<float>());
    return on_host<float>(out)[0];
  };
  EXPECT_EQ(load(vector_load_kernel<4>), 5);
  EXPECT_DEATH(load(vector_load_kernel<2>), "misaligned address");
  EXPECT_EQ(load(streaming_load_kernel<2>), 3);
  EXPECT_THROW(load(streaming_load_kernel<1>), HostRunError);
}

template <bool fault>
__global__ void accumulate_kernel(float* out) {
  auto* sum = reinterpret_cast<float*>(shared_memory());
  if (!fault) sum[threadIdx.x] = 0;
  for (int i = 0; i < 3; ++i) sum[threadIdx.x] += static_cast<float>(i);
  out[threadIdx.x] = sum[threadIdx.x];
}

TEST(HostFaults, UninitialisedSharedMemory) {
  const auto sum = [](void (*kernel)(float*)) {
    DeviceBuffer out(sizeof(float));
    launch({.grid = 1, .block = 1, .shared_bytes = 4}, kernel, out.as<float>());
    return on_host<float>(out)[0];
  };
  EXPECT_EQ(sum(accumulate_kernel<false>), 3);
  EXPECT_TRUE(std::isnan(sum(accumulate_kernel<true>)));
}

__global__ void deep_kernel(int depth, int* out) {
  volatile char frame[1024];
  frame[0] = static_cast<char>(depth);
  if (depth > 0) deep_kernel(depth - 1, out);
  *out += frame[0];
}

TEST(HostFaultsDeathTest, StackOverflow) {
  DeviceBuffer out = on_device(std::vector<int>{0});
  launch({.grid = 1, .block = 2}, deep_kernel, 20, out.as<int>());
  EXPECT_DEATH(launch({.grid = 1, .block = 2}, deep_kernel, 100000, out.as<int>()), "stack-overflow");
}

}  // namespace
}  // namespace coppice::kernels
