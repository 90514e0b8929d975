#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX2__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

namespace coppice::kernels::COPPICE_ISA {

typedef unsigned long long Vec __attribute__((vector_size(VECTOR_BYTES), may_alias));

// Enough sums that none waits for the one before, and every load has an addition of its own to go to.
static constexpr int kSums = 8;

unsigned long long read_sum(const void* data, long long bytes, long long rounds) {
  const Vec* vectors = static_cast<const Vec*>(data);
  const long long count = bytes / VECTOR_BYTES;
  Vec sum[kSums] = {};
  for (long long round = 0; round < rounds; ++round) {
    for (long long at = 0; at < count; at += kSums) {
#pragma GCC unroll 8
      for (int i = 0; i < kSums; ++i) sum[i] += vectors[at + i];
    }
  }
  Vec all = {};
  for (int i = 0; i < kSums; ++i) all += sum[i];
  unsigned long long total = 0;
  for (int lane = 0; lane < VECTOR_BYTES / 8; ++lane) total += all[lane];
  return total;
}

}  // namespace coppice::kernels::COPPICE_ISA
