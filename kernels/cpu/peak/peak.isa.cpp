#include "kernels/cpu/vector.h"

namespace coppice::kernels::COPPICE_ISA {

// Enough chains to hide a latency of 4 or 5 cycles on two units, and few enough to stay in registers.
static constexpr int kChains = kWidth == 16 ? 24 : 12;

double peak_burst(long long rounds) {
  Vec sum[kChains];
  for (int i = 0; i < kChains; ++i) sum[i] = Vec{} + static_cast<float>(i);
  // Both come from memory that the compiler cannot see through; the values stay near 1 and never denormal.
  volatile float seen_scale = 0.5f, seen_shift = 0.5f;
  const Vec scale = Vec{} + seen_scale, shift = Vec{} + seen_shift;
  for (long long round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (int i = 0; i < kChains; ++i) sum[i] = sum[i] * scale + shift;
  }
  Vec all = {};
  for (int i = 0; i < kChains; ++i) all += sum[i];
  volatile float sink = all[0];
  (void)sink;
  return 2.0 * kChains * kWidth * static_cast<double>(rounds);
}

double fed_burst(long long rounds) {
  constexpr int kRegisters = 8, kRows = 16;
  alignas(64) float x[kRows * kRegisters * kWidth];  // at most 8 KB
  float weights[kRows];
  for (float& value : x) value = 0.5f;
  for (float& weight : weights) weight = 1e-6f;  // sums grow, but not far
  Vec sum[kRegisters] = {};
  for (long long round = 0; round < rounds; ++round) {
    const long long row = round % kRows;
    const Vec weight = broadcast(weights[row]);
    COPPICE_UNROLL for (int i = 0; i < kRegisters; ++i) sum[i] +=
        weight * load(x + (row * kRegisters + i) * kWidth);
    asm volatile("" ::: "memory");  // or the loads would be done once
  }
  Vec all = {};
  for (int i = 0; i < kRegisters; ++i) all += sum[i];
  volatile float sink = all[0];
  (void)sink;
  return 2.0 * kRegisters * kWidth * static_cast<double>(rounds);
}

}  // namespace coppice::kernels::COPPICE_ISA
