#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX2__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

namespace coppice::kernels::COPPICE_ISA {

typedef unsigned long long Vec __attribute__((vector_size(VECTOR_BYTES), may_alias));

// Enough of them that none waits for the one before.
static constexpr int kSums = 8;

unsigned long long read_xor(const void* data, long long bytes, long long rounds) {
  const Vec* vectors = static_cast<const Vec*>(data);
  const long long count = bytes / VECTOR_BYTES;
  Vec sum[kSums] = {};
  for (long long round = 0; round < rounds; ++round) {
    for (long long at = 0; at < count; at += 2 * kSums) {
      // Two loads to one operation (three-way exclusive or): on processors with two 512-bit units as many
      // operations as loads would bind first.
#pragma GCC unroll 8
      for (int i = 0; i < kSums; ++i) sum[i] ^= vectors[at + 2 * i] ^ vectors[at + 2 * i + 1];
    }
  }
  Vec all = {};
  for (int i = 0; i < kSums; ++i) all ^= sum[i];
  unsigned long long total = 0;
  for (int lane = 0; lane < VECTOR_BYTES / 8; ++lane) total ^= all[lane];
  return total;
}

}  // namespace coppice::kernels::COPPICE_ISA
