// Asynchronous copies: pipelines that wait as they must, and ones that do not.
#include <cmath>
#include <numeric>
#include <vector>

#include "cuda/on_host/support.h"

namespace coppice::kernels {
namespace {

constexpr int kStages = 3, kSteps = 7, kThreads = 64;

/// Three stages in a ring, 16 bytes a thread in each; a thread adds up what its neighbour fetched. `later` is
/// how many groups may still be under way when a stage is read: kStages - 2 is right.
template <int later, bool barrier>
__global__ void pipeline_kernel(const float* x, float* sums) {
  auto* ring = reinterpret_cast<float*>(shared_memory());
  const auto fetch = [&](int step) {
    if (step < kSteps)
      async_copy16(ring + 4 * (step % kStages * kThreads + static_cast<int>(threadIdx.x)),
                   x + 4 * (step * kThreads + static_cast<int>(threadIdx.x)));
    async_commit();
  };
  for (int step = 0; step < kStages - 1; ++step) fetch(step);
  float sum = 0;
  for (int step = 0; step < kSteps; ++step) {
    async_wait<later>();
    if (barrier) __syncthreads();  // the stage is there, and the one before it has been read
    fetch(step + kStages - 1);
    const float* stage = ring + 4 * (step % kStages * kThreads);
    for (int i = 0; i < 4; ++i) sum += stage[4 * ((threadIdx.x + 1) % kThreads) + i];
  }
  async_wait<0>();
  sums[threadIdx.x] = sum;
}

bool pipeline_is_right(void (*kernel)(const float*, float*)) {
  std::vector<float> x(4 * kSteps * kThreads);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 101);
  const DeviceBuffer input = on_device(x);
  DeviceBuffer sums(kThreads * sizeof(float));
  launch({.grid = 1, .block = kThreads, .shared_bytes = 16 * kStages * kThreads}, kernel, input.as<float>(),
         sums.as<float>());
  const std::vector<float> got = on_host<float>(sums);
  for (std::size_t t = 0; t < kThreads; ++t) {
    float expected = 0;
    for (std::size_t step = 0; step < kSteps; ++step)
      for (std::size_t i = 0; i < 4; ++i) expected += x[4 * (step * kThreads + (t + 1) % kThreads) + i];
    if (got[t] != expected) return false;
  }
  return true;
}

TEST(HostAsync, PipelineOfThreeStages) {
  EXPECT_EQ(count_schedules([] { return pipeline_is_right(pipeline_kernel<kStages - 2, true>); }),
            kSchedulesTried);
}

TEST(HostAsyncFaults, PipelineWithoutItsBarrier) {
  EXPECT_EQ(count_schedules([] { return pipeline_is_right(pipeline_kernel<kStages - 2, false>); }), 0);
}

TEST(HostAsyncDeathTest, PipelineThatWaitsForTooLittle) {
  count_schedules([] {
    EXPECT_DEATH(pipeline_is_right(pipeline_kernel<kStages - 1, true>), "use-after-poison");
    return true;
  });
}

/// One copy of a thread, and what is read without and with a wait of its own.
template <int fault>
__global__ void copy_kernel(const float* x, float* out) {
  auto* place = reinterpret_cast<float*>(shared_memory());
  async_copy16(place, x);
  if (fault == 1) place[3] = 1;
  if (fault == 2) async_copy16(place, x);
  if (fault != 3) async_commit();
  if (fault != 4) async_wait<0>();
  *out = fault == 3 || fault == 4 ? 0 : place[3];
}

void copy_once(void (*kernel)(const float*, float*)) {
  const DeviceBuffer x = on_device(std::vector<float>{1, 2, 3, 4});
  DeviceBuffer out(sizeof(float));
  launch({.grid = 1, .block = 1, .shared_bytes = 16}, kernel, x.as<float>(), out.as<float>());
  EXPECT_EQ(on_host<float>(out)[0], 4);
}

TEST(HostAsyncDeathTest, MistakesOfOneThread) {
  copy_once(copy_kernel<0>);
  EXPECT_DEATH(copy_once(copy_kernel<1>), "use-after-poison");
  EXPECT_THROW(copy_once(copy_kernel<2>), HostRunError);
  EXPECT_THROW(copy_once(copy_kernel<3>), HostRunError);
  EXPECT_THROW(copy_once(copy_kernel<4>), HostRunError);
  copy_once(copy_kernel<0>);  // nothing is left poisoned
}

/// Sources are read as late as they may be: a thread that writes one again before its wait gets the new
/// bytes.
__global__ void late_kernel(float* x, float* out) {
  auto* place = reinterpret_cast<float*>(shared_memory());
  async_copy16(place, x);
  async_commit();
  x[0] = 9;
  async_wait<0>();
  *out = place[0];
}

TEST(HostAsync, CopiesInTheWait) {
  DeviceBuffer x = on_device(std::vector<float>{1, 2, 3, 4}), out(sizeof(float));
  launch({.grid = 1, .block = 1, .shared_bytes = 16}, late_kernel, x.as<float>(), out.as<float>());
  EXPECT_EQ(on_host<float>(out)[0], 9);
}

__global__ void part_kernel(const float* x, float* out) {
  auto* place = reinterpret_cast<float*>(shared_memory());
  for (std::uint32_t n = 0; n <= 4; ++n) async_copy16(place + 4 * n, x, 4 * n);
  async_commit();
  async_wait<0>();
  for (int i = 0; i < 20; ++i) out[i] = place[i];
}

TEST(HostAsync, ZerosBehindPartOfTheBytes) {
  const DeviceBuffer x = on_device(std::vector<float>{1, 2, 3, 4});
  DeviceBuffer out(20 * sizeof(float));
  launch({.grid = 1, .block = 1, .shared_bytes = 80}, part_kernel, x.as<float>(), out.as<float>());
  EXPECT_EQ(on_host<float>(out),
            (std::vector<float>{0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0, 1, 2, 3, 0, 1, 2, 3, 4}));
}

/// Only `bytes` of the source need exist.
__global__ void tail_kernel(const float* x, std::uint32_t bytes) {
  async_copy16(shared_memory(), x, bytes);
  async_commit();
  async_wait<0>();
}
__global__ void place_kernel(std::int64_t shared_offset, const unsigned char* source, std::int64_t offset) {
  async_copy16(shared_memory() + shared_offset, source ? source + offset : shared_memory());
  async_commit();
  async_wait<0>();
}

TEST(HostAsyncDeathTest, ChecksAddresses) {
  const DeviceBuffer x = on_device(std::vector<float>(7, 1.0f));
  const auto copy_tail = [&](std::uint32_t bytes) {
    launch({.grid = 1, .block = 1, .shared_bytes = 16}, tail_kernel, x.as<float>() + 4, bytes);
  };
  copy_tail(12);
  EXPECT_DEATH(copy_tail(16), "heap-buffer-overflow(.|\n)*AsyncCopies::begin");  // not in the wait
  EXPECT_THROW(copy_tail(17), HostRunError);
  const auto copy = [&](std::int64_t shared_offset, const unsigned char* source, std::int64_t offset) {
    launch({.grid = 1, .block = 1, .shared_bytes = 40}, place_kernel, shared_offset, source, offset);
  };
  const auto* source = x.as<unsigned char>();
  copy(16, source, 0);
  EXPECT_THROW(copy(8, source, 0), HostRunError);
  EXPECT_THROW(copy(0, source, 8), HostRunError);
  EXPECT_THROW(copy(32, source, 0), HostRunError);
  EXPECT_THROW(copy(-16, source, 0), HostRunError);
  EXPECT_THROW(copy(16, nullptr, 0), HostRunError);
}

__global__ void cells_kernel(const float* x, std::int64_t shared_offset, float* sum) {
  auto* cells = reinterpret_cast<float*>(shared_memory());
  cells[1] = 5;  // beside cells that are under way, which is no fault
  async_copy4(cells, x);
  async_copy4(shared_memory() + shared_offset, x + 6);
  async_commit();
  const float before = cells[1];
  async_wait<0>();
  *sum = before + cells[0] + cells[2];
}

TEST(HostAsyncDeathTest, CellsOfFourBytes) {
  const DeviceBuffer x = on_device(std::vector<float>{1, 2, 3, 4, 5, 6, 70});
  DeviceBuffer sum(sizeof(float));
  const auto run = [&](int first, std::int64_t offset) {
    launch({.grid = 1, .block = 1, .shared_bytes = 12}, cells_kernel, x.as<float>() + first, offset,
           sum.as<float>());
  };
  run(0, 8);
  EXPECT_EQ(on_host<float>(sum).front(), 76);
  EXPECT_THROW(run(0, 9), HostRunError);
  EXPECT_THROW(run(0, 12), HostRunError);
  EXPECT_THROW(run(0, 0), HostRunError) << "twice to one place";
  EXPECT_DEATH(run(1, 8), "heap-buffer-overflow(.|\n)*AsyncCopies::begin");
}

}  // namespace
}  // namespace coppice::kernels
