#include "kernels/cpu/offset_spmm/gather.h"

namespace coppice::kernels::COPPICE_ISA {

typedef float Vec __attribute__((vector_size(64)));  // narrower machines split it
typedef float Loose __attribute__((vector_size(64), aligned(4)));
typedef std::int32_t Index16 __attribute__((vector_size(64)));
typedef std::int64_t Index;

static Vec load(const float* from) { return *reinterpret_cast<const Loose*>(from); }
static void store(float* to, Vec value) { *reinterpret_cast<Loose*>(to) = value; }

template <int Stride>
static void gather_runs(const Gather& g) {
  const Index16 even = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
  for (Index k = 0; k < g.columns; ++k) {
    const float* const x = g.x + g.column_offset[k];
    float* const line = g.buffer + k * g.width;
    for (Index r = 0; r < g.run_count; ++r) {
      const PixelRun& run = g.runs[r];
      const float* from = x + run.x;
      float* to = line + run.lane;
      if constexpr (Stride == 1) {
        for (int i = 0; i < run.length; i += 16) store(to + i, load(from + i));
      } else if constexpr (Stride == 2) {
        for (int i = 0; i < run.length; i += 16) {
          store(to + i, __builtin_shuffle(load(from + 2 * i), load(from + 2 * i + 16), even));
        }
      } else {
        for (int i = 0; i < run.length; ++i) to[i] = from[i * g.stride];
      }
    }
  }
}

void gather(const Gather& g) {
  if (g.stride == 1) return gather_runs<1>(g);
  if (g.stride == 2) return gather_runs<2>(g);
  gather_runs<0>(g);
}

void scatter(const Scatter& s) {
  for (Index m = 0; m < s.rows; ++m) {
    const float* const sums = s.sums + m * s.width;
    float* const y = s.y + m * s.y_row;
    const float* const residual = s.residual ? s.residual + m * s.y_row : nullptr;
    for (Index r = 0; r < s.run_count; ++r) {
      const PixelRun& run = s.runs[r];
      const float* const from = sums + run.lane;
      float* const to = y + run.y;
      const float* const add = residual ? residual + run.y : nullptr;
      int i = 0;
      for (; i + 16 <= run.length; i += 16) {
        Vec sum = load(from + i);
        if (add) sum += load(add + i);
        if (s.relu) sum = sum < 0.0f ? Vec{} : sum;
        store(to + i, sum);
      }
      for (; i < run.length; ++i) {
        float sum = from[i];
        if (add) sum += add[i];
        to[i] = s.relu && sum < 0 ? 0 : sum;
      }
    }
  }
}

}  // namespace coppice::kernels::COPPICE_ISA
