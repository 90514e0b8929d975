#include "kernels/cuda/on_host/matrix.h"

#include <cstring>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/on_host/block.h"
#include "kernels/cuda/on_host/races.h"

namespace coppice::kernels::host_run {

namespace {

constexpr std::uint32_t kWholeWarp = 0xffffffffu;

float half(std::uint32_t pair, int which) { return from_bf16(static_cast<Bf16>(pair >> 16 * which)); }

}  // namespace

void load_matrices(std::uint32_t (&r)[4], const void* shared_row, bool transposed, const Site& site) {
  struct Operand {
    std::uint16_t row[8];  ///< That the lane points to.
    std::uint32_t (*result)[4];
  };
  const WarpCall call{transposed ? "load_matrices_transposed" : "load_matrices", kWholeWarp, site};
  if (reinterpret_cast<std::uintptr_t>(shared_row) % 16)
    fail_lane(lane(), call, "the row is not 16-byte aligned");
  if (!Block::running().shared().holds(shared_row, 16))
    fail_lane(lane(), call, "the row is not in the block's shared memory");
  Operand mine;
  reads(shared_row, sizeof mine.row);
  std::memcpy(mine.row, shared_row, sizeof mine.row);
  mine.result = &r;
  meet(call, mine, [&](const std::array<Operand*, 32>& all) {
    for (std::size_t i = 0; i < 32; ++i) {
      for (std::size_t m = 0; m < 4; ++m) {
        std::uint32_t pair = 0;
        for (std::size_t e = 0; e < 2; ++e) {
          const std::size_t along = 2 * (i % 4) + e, across = i / 4;
          const std::uint16_t element =
              transposed ? all[8 * m + along]->row[across] : all[8 * m + across]->row[along];
          pair |= std::uint32_t{element} << 16 * e;
        }
        (*all[i]->result)[m] = pair;
      }
    }
  });
}

void mma_bf16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], const Site& site) {
  struct Operand {
    float* c;
    const std::uint32_t *a, *b;
  };
  Operand mine{c, a, b};
  meet({"mma_bf16", kWholeWarp, site}, mine, [](const std::array<Operand*, 32>& all) {
    float left[16][16], right[16][8];
    for (int lane = 0; lane < 32; ++lane) {
      const Operand& from = *all[static_cast<std::size_t>(lane)];
      const int g = lane / 4, t = lane % 4;
      for (int e = 0; e < 2; ++e) {
        for (int i = 0; i < 4; ++i) left[g + 8 * (i % 2)][2 * t + 8 * (i / 2) + e] = half(from.a[i], e);
        for (int i = 0; i < 2; ++i) right[2 * t + 8 * i + e][g] = half(from.b[i], e);
      }
    }
    for (int lane = 0; lane < 32; ++lane) {
      float* const to = all[static_cast<std::size_t>(lane)]->c;
      for (int i = 0; i < 4; ++i) {
        const int row = lane / 4 + 8 * (i / 2), column = 2 * (lane % 4) + i % 2;
        double sum = to[i];
        for (int k = 0; k < 16; ++k) sum += double{left[row][k]} * double{right[k][column]};
        to[i] = static_cast<float>(sum);
      }
    }
  });
}

}  // namespace coppice::kernels::host_run
