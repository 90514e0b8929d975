// Dot products of sparse rows with x, by gathers of 8 floats: those of 16 are no faster and leave more over.
#include "kernels/cpu/sparse_gemv/csr16.h"

#if defined(__AVX2__)
#include <immintrin.h>
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12, of its own intrinsics (bug 105593)
#endif
#endif

#define UNROLL _Pragma("GCC unroll 8")

namespace coppice::kernels::COPPICE_ISA {

typedef std::int64_t Index;

#if defined(__AVX2__)

constexpr Index kWidth = 8;
typedef __m256 Vec;
typedef __m256i Mask;

static Mask first(Index count) {
  const int most = static_cast<int>(count >= kWidth ? kWidth : count);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(most), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
static Vec load(const float* from, Mask lanes) { return _mm256_maskload_ps(from, lanes); }
static Vec multiply_add(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
static Vec gather(const float* x, const std::uint16_t* column, Mask lanes) {
  const __m256i at = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(column)));
  return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), x, at, _mm256_castsi256_ps(lanes), 4);
}

template <int Images>
struct Sums {
  static constexpr int kEach = Images == 1 ? 2 : 1;  // independent ones, to hide the latency
  Vec sum[Images][kEach] = {};

  template <int Each>
  void step(const std::uint16_t* column, const float* value, Mask lanes, const float* x, Index image) {
    UNROLL for (int k = 0; k < Each; ++k) {
      const Vec weight = load(value + kWidth * k, lanes);
      UNROLL for (int n = 0; n < Images; ++n) {
        const Vec found = gather(x + n * image, column + kWidth * k, lanes);
        sum[n][k] = multiply_add(weight, found, sum[n][k]);
      }
    }
  }
  void add(const std::uint16_t* column, const float* value, Index count, const float* x, Index image) {
    Index i = 0;
    for (; i + kWidth * kEach <= count; i += kWidth * kEach) {
      step<kEach>(column + i, value + i, first(kWidth), x, image);
    }
    // Of the columns, whole vectors are read.
    for (; i < count; i += kWidth) step<1>(column + i, value + i, first(count - i), x, image);
  }
  float total(int n) const {
    Vec all = sum[n][0];
    if constexpr (kEach == 2) all += sum[n][1];
    alignas(32) float lanes[kWidth];
    *reinterpret_cast<Vec*>(lanes) = all;
    UNROLL for (Index half = kWidth / 2; half > 0; half /= 2) {
      UNROLL for (Index i = 0; i < half; ++i) lanes[i] += lanes[i + half];
    }
    return lanes[0];
  }
};

#else

template <int Images>
struct Sums {
  static constexpr int kEach = Images == 1 ? 4 : 2;
  float sum[Images][kEach] = {};

  void add(const std::uint16_t* column, const float* value, Index count, const float* x, Index image) {
    Index i = 0;
    for (; i + kEach <= count; i += kEach) {
      UNROLL for (int k = 0; k < kEach; ++k) {
        const float* from = x + column[i + k];
        UNROLL for (int n = 0; n < Images; ++n) sum[n][k] += value[i + k] * from[n * image];
      }
    }
    for (; i < count; ++i) {
      UNROLL for (int n = 0; n < Images; ++n) sum[n][0] += value[i] * x[column[i] + n * image];
    }
  }
  float total(int n) const {
    if constexpr (kEach == 4) return (sum[n][0] + sum[n][1]) + (sum[n][2] + sum[n][3]);
    return sum[n][0] + sum[n][1];
  }
};

#endif

template <int Images>
static void row_of(const Csr16Problem& p, Index row, Index image) {
  Sums<Images> sums;
  for (Index b = 0; b < p.blocks; ++b) {
    const Index begin = p.begin[row * p.blocks + b], end = p.begin[row * p.blocks + b + 1];
    sums.add(p.column + begin, p.value + begin, end - begin, p.x + image * p.columns + b * kCsr16Block,
             p.columns);
  }
  UNROLL for (int n = 0; n < Images; ++n) {
    const Index at = (image + n) * p.rows + row;
    float total = sums.total(n) + p.bias[row];
    if (p.residual) total += p.residual[at];
    p.y[at] = p.relu && total < 0 ? 0 : total;
  }
}

void csr16_rows(const Csr16Problem& p, Index begin, Index end) {
  for (Index row = begin; row < end; ++row) {
    Index image = 0;
    for (; image + 4 <= p.images; image += 4) row_of<4>(p, row, image);
    switch (p.images - image) {
      case 3: row_of<3>(p, row, image); break;
      case 2: row_of<2>(p, row, image); break;
      case 1: row_of<1>(p, row, image); break;
    }
  }
}

}  // namespace coppice::kernels::COPPICE_ISA
