#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

namespace coppice::kernels::COPPICE_ISA {

typedef float Vec __attribute__((vector_size(VECTOR_BYTES)));

// Enough chains to hide a latency of 4 or 5 cycles on two units, and few enough to stay in registers.
static constexpr int kChains = VECTOR_BYTES == 64 ? 24 : 12;

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
  return 2.0 * kChains * (VECTOR_BYTES / 4) * static_cast<double>(rounds);
}

}  // namespace coppice::kernels::COPPICE_ISA
