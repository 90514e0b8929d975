// Races planted in kernels: ThreadSanitizer finds each in every schedule, whether or not results were wrong.
// All other tests of the harness and of kernels run under it too, and must have none.
#include "cuda/on_host/support.h"

// A race ends the program, else a test would pass with one.
extern "C" const char* __tsan_default_options() { return "halt_on_error=1"; }

namespace coppice::kernels {
namespace {

void run(void (*kernel)(int*), unsigned blocks = 1) {
  DeviceBuffer out(2 * 64 * sizeof(int));
  out.fill(0);
  launch({.grid = blocks, .block = 64, .shared_bytes = 64 * 16}, kernel, out.as<int>());
}

constexpr const char* kRace = "ThreadSanitizer: data race";

void expect_race(void (*kernel)(int*), unsigned blocks = 1) {
  count_schedules([&] {
    EXPECT_DEATH(run(kernel, blocks), kRace);
    return true;
  });
}

void expect_no_race(void (*kernel)(int*), unsigned blocks = 1) {
  count_schedules([&] {
    run(kernel, blocks);
    return true;
  });
}

/// Threads pass numbers round, all the same: results are right without barriers, too.
template <bool barrier_after_write, bool barrier_after_read>
__global__ void pass_round_kernel(int* out) {
  auto* place = reinterpret_cast<int*>(shared_memory());
  int mine = 1;
  for (int round = 0; round < 3; ++round) {
    place[threadIdx.x] = mine;
    if (barrier_after_write) __syncthreads();
    mine = place[(threadIdx.x + 40) % blockDim.x];
    if (barrier_after_read) __syncthreads();
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = mine;
}

TEST(HostRaces, RemovedBarrier) {
  expect_no_race(pass_round_kernel<true, true>, 2);
  expect_race(pass_round_kernel<false, true>);
  expect_race(pass_round_kernel<true, false>);
}

TEST(HostRaces, ReportNamesTheKernel) {
  EXPECT_DEATH(run(pass_round_kernel<false, true>), "data race(.|\n)*pass_round_kernel");
}

/// Lanes meet in a shuffle; with a half mask, only halves of the warp do.
template <unsigned mask>
__global__ void shuffle_kernel(int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  if (lane >= 32) return;
  out[lane] = lane;
  __shfl_xor_sync(lane < 16 ? mask : mask == kAllLanes ? mask : ~mask, lane, 1);
  out[64 + lane] = out[31 - lane];
}

TEST(HostRaces, WarpsMeetInCollectives) {
  expect_no_race(shuffle_kernel<kAllLanes>);
  expect_race(shuffle_kernel<0xffffu>);
}

/// Every warp adds its part: with an atomic operation, or not.
template <bool atomic>
__global__ void count_kernel(int* out) {
  if (threadIdx.x % 32 != 0) return;
  if (atomic)
    atomicAdd(out, 1);
  else
    *out += 1;
}

TEST(HostRaces, RemovedAtomic) {
  expect_no_race(count_kernel<true>, 2);
  expect_race(count_kernel<false>);
}

/// Blocks know nothing of each other, though here one runs after the other.
template <bool own>
__global__ void block_kernel(int* out) {
  const unsigned from = own ? blockIdx.x * 64 : 0;
  out[from + (threadIdx.x + blockIdx.x) % 64] = 1;
}

TEST(HostRaces, BlocksThatWriteTheSamePlace) {
  expect_no_race(block_kernel<true>, 2);
  expect_race(block_kernel<false>, 2);
}

/// The last block to count itself sums up what all have left.
template <bool counted>
__global__ void last_block_kernel(int* out) {
  if (threadIdx.x != blockIdx.x) return;
  out[1 + blockIdx.x] = 5;
  __threadfence();
  const int before = counted ? atomicAdd(out, 1) : static_cast<int>(blockIdx.x);
  if (before == 1) out[3] = out[1] + out[2];
}

TEST(HostRaces, LastBlock) {
  expect_no_race(last_block_kernel<true>, 2);
  // In reverse the block that sums comes first, and then the other writes.
  expect_race(last_block_kernel<false>, 2);
}

/// A stage is refilled when all have read it, or one iteration too early.
template <bool barrier>
__global__ void refill_kernel(int* out) {
  auto* stage = reinterpret_cast<int*>(shared_memory());
  int sum = 0;
  for (int step = 0; step < 2; ++step) {
    async_copy16(stage + 4 * threadIdx.x, out + 4 * (threadIdx.x % 16));
    async_commit();
    async_wait<0>();
    __syncthreads();
    sum += stage[4 * (63 - threadIdx.x)];
    if (barrier) __syncthreads();
  }
  out[64 + threadIdx.x] = sum;
}

TEST(HostRaces, AsynchronousCopyIntoWhatIsBeingRead) {
  expect_no_race(refill_kernel<true>);
  expect_race(refill_kernel<false>);
}

/// A copy begins while others may still read the place, though it is waited for behind a barrier.
template <bool begins_late>
__global__ void early_copy_kernel(int* out) {
  auto* stage = reinterpret_cast<int*>(shared_memory());
  const auto begin = [&] {
    async_copy16(stage + 4 * threadIdx.x, out);
    async_commit();
  };
  stage[4 * threadIdx.x] = 7;
  __syncthreads();
  if (!begins_late && threadIdx.x == 0) begin();
  if (threadIdx.x > 0) out[64 + threadIdx.x] = stage[4 * (threadIdx.x - 1)];
  __syncthreads();
  if (begins_late && threadIdx.x == 0) begin();
  async_wait<0>();
}

TEST(HostRaces, AsynchronousCopyThatBeginsTooEarly) {
  expect_no_race(early_copy_kernel<true>);
  expect_race(early_copy_kernel<false>);
}

/// Rows for a matrix that other lanes wrote, with or without a barrier.
template <bool barrier>
__global__ void matrix_kernel(int* out) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  auto* rows = reinterpret_cast<int*>(shared_memory());
  if (threadIdx.x >= 32) return;
  for (int i = 0; i < 4; ++i) rows[4 * (31 - lane) + i] = lane;
  if (barrier) __syncwarp();
  std::uint32_t r[4];
  load_matrices(r, rows + 4 * lane);
  out[lane] = static_cast<int>(r[0]);
}

TEST(HostRaces, MatrixRowsThatOtherLanesWrite) {
  expect_no_race(matrix_kernel<true>);
  expect_race(matrix_kernel<false>);
}

}  // namespace
}  // namespace coppice::kernels
