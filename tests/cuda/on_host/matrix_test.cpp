// Tensor-core instructions against index formulas and a plain triple loop.
#include <vector>

#include "cuda/on_host/support.h"
#include "kernels/cuda/bf16.h"

namespace coppice::kernels {
namespace {

/// Element (row, column) of matrix m of the four is 1000 m + 10 row + column. Rows lie further apart than
/// they are long, as in a padded tile.
constexpr int kStride = 24;

template <bool transposed>
__global__ void load_kernel(std::uint32_t* out) {
  auto* tile = reinterpret_cast<std::uint16_t*>(shared_memory());
  const int lane = static_cast<int>(threadIdx.x);
  for (int column = 0; column < 8; ++column)
    tile[kStride * lane + column] = static_cast<std::uint16_t>(1000 * (lane / 8) + 10 * (lane % 8) + column);
  __syncwarp();
  std::uint32_t r[4];
  if (transposed)
    load_matrices_transposed(r, tile + kStride * lane);
  else
    load_matrices(r, tile + kStride * lane);
  for (int m = 0; m < 4; ++m) out[4 * lane + m] = r[m];
}

TEST(HostMatrix, LoadsFourMatrices) {
  const auto load = [](void (*kernel)(std::uint32_t*)) {
    DeviceBuffer out(128 * sizeof(std::uint32_t));
    launch({.grid = 1, .block = 32, .shared_bytes = 32 * kStride * 2}, kernel, out.as<std::uint32_t>());
    return on_host<std::uint32_t>(out);
  };
  const std::vector<std::uint32_t> plain = load(load_kernel<false>), turned = load(load_kernel<true>);
  for (std::uint32_t lane = 0; lane < 32; ++lane) {
    for (std::uint32_t m = 0; m < 4; ++m) {
      const std::uint32_t slow = lane / 4, fast = 2 * (lane % 4);
      EXPECT_EQ(plain[4 * lane + m] & 0xffffu, 1000 * m + 10 * slow + fast);
      EXPECT_EQ(plain[4 * lane + m] >> 16, 1000 * m + 10 * slow + fast + 1);
      EXPECT_EQ(turned[4 * lane + m] & 0xffffu, 1000 * m + 10 * fast + slow);
      EXPECT_EQ(turned[4 * lane + m] >> 16, 1000 * m + 10 * (fast + 1) + slow);
    }
  }
}

std::uint32_t pair(float low, float high) { return to_bf16(low) | std::uint32_t{to_bf16(high)} << 16; }

/// c[16x8] += a[16x16] b[16x8], all row by row.
__global__ void product_kernel(const float* a, const float* b, float* c) {
  const int g = static_cast<int>(threadIdx.x) / 4, t = static_cast<int>(threadIdx.x) % 4;
  std::uint32_t left[4], right[2];
  for (int i = 0; i < 4; ++i) {
    const float* from = a + 16 * (g + 8 * (i % 2)) + 2 * t + 8 * (i / 2);
    left[i] = pair(from[0], from[1]);
  }
  for (int i = 0; i < 2; ++i) right[i] = pair(b[8 * (2 * t + 8 * i) + g], b[8 * (2 * t + 8 * i + 1) + g]);
  float sums[4];
  for (int i = 0; i < 4; ++i) sums[i] = c[8 * (g + 8 * (i / 2)) + 2 * t + i % 2];
  mma_bf16(sums, left, right);
  for (int i = 0; i < 4; ++i) c[8 * (g + 8 * (i / 2)) + 2 * t + i % 2] = sums[i];
}

TEST(HostMatrix, Multiplies) {
  std::vector<float> a(256), b(128), c(128), expected(128);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i * 37 % 19) - 9;
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i * 11 % 13) - 6;
  for (std::size_t i = 0; i < c.size(); ++i) c[i] = static_cast<float>(i);
  for (std::size_t row = 0; row < 16; ++row)
    for (std::size_t column = 0; column < 8; ++column) {
      float& sum = expected[8 * row + column] = c[8 * row + column];
      for (std::size_t k = 0; k < 16; ++k) sum += a[16 * row + k] * b[8 * k + column];
    }
  const DeviceBuffer left = on_device(a), right = on_device(b);
  EXPECT_EQ(count_schedules([&] {
              DeviceBuffer sums = on_device(c);
              launch({.grid = 1, .block = 32}, product_kernel, left.as<float>(), right.as<float>(),
                     sums.as<float>());
              return on_host<float>(sums) == expected;
            }),
            kSchedulesTried);
}

/// The sum is not rounded in between: 2^30 + 1 - 2^30.
TEST(HostMatrix, RoundsOnce) {
  std::vector<float> a(256, 0.0f), b(128, 1.0f);
  a[0] = 0x1p30f;
  a[1] = 1;
  a[2] = -0x1p30f;
  const DeviceBuffer left = on_device(a), right = on_device(b);
  DeviceBuffer sums = on_device(std::vector<float>(128, 0.0f));
  launch({.grid = 1, .block = 32}, product_kernel, left.as<float>(), right.as<float>(), sums.as<float>());
  EXPECT_EQ(on_host<float>(sums)[0], 1);
}

template <int fault>
__global__ void faulty_load_kernel() {
  std::uint32_t r[4];
  const int lane = static_cast<int>(threadIdx.x);
  if (fault == 1 && lane == 31) return;
  load_matrices(r, shared_memory() + 16 * lane + (fault == 2 ? 8 : 0) + (fault == 3 ? 16 : 0));
}
__global__ void faulty_product_kernel() {
  float c[4] = {};
  const std::uint32_t a[4] = {}, b[2] = {};
  if (threadIdx.x < 16)
    mma_bf16(c, a, b);
  else
    mma_bf16(c, a, b);
}
__global__ void stack_row_kernel() {
  alignas(16) std::uint16_t row[8] = {};
  std::uint32_t r[4];
  load_matrices(r, row);
}

TEST(HostMatrix, NeedsTheWholeWarpAndRowsOfSharedMemory) {
  const LaunchShape shape{.grid = 1, .block = 32, .shared_bytes = 512};
  const auto says = [](const std::string& fault, const char* part) {
    EXPECT_NE(fault.find(part), std::string::npos) << fault;
  };
  EXPECT_EQ(fault_of(shape, faulty_load_kernel<0>), "");
  says(fault_of(shape, faulty_load_kernel<1>), "load_matrices");
  says(fault_of({.grid = 1, .block = 16, .shared_bytes = 512}, faulty_load_kernel<0>), "does not exist");
  says(fault_of(shape, faulty_load_kernel<2>), "not 16-byte aligned");
  says(fault_of(shape, faulty_load_kernel<3>), "not in the block's shared memory");
  says(fault_of(shape, stack_row_kernel), "not in the block's shared memory");
  says(fault_of(shape, faulty_product_kernel), "waits for it in mma_bf16");
}

/// Rows that asynchronous copies have yet to bring.
__global__ void early_load_kernel(const std::uint16_t* x) {
  const int lane = static_cast<int>(threadIdx.x);
  async_copy16(shared_memory() + 16 * lane, x + 8 * lane);
  async_commit();
  std::uint32_t r[4];
  load_matrices(r, shared_memory() + 16 * lane);
  async_wait<0>();
}

TEST(HostMatrixDeathTest, LoadsBeforeACopyArrived) {
  const DeviceBuffer x = on_device(std::vector<std::uint16_t>(256, 1));
  EXPECT_DEATH(
      launch({.grid = 1, .block = 32, .shared_bytes = 512}, early_load_kernel, x.as<std::uint16_t>()),
      "use-after-poison");
}

}  // namespace
}  // namespace coppice::kernels
