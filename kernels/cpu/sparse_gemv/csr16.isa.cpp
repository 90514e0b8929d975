// Dot products of sparse rows with x. AVX-512 gathers; on the lower levels single loads are as fast as
// gathers.
#include "kernels/cpu/sparse_gemv/csr16.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12, of its own intrinsics (bug 105593)
#endif
#endif

#define UNROLL _Pragma("GCC unroll 8")

namespace coppice::kernels::COPPICE_ISA {

typedef std::int64_t Index;

#if defined(__AVX512F__)

template <int Images>
struct Sums {
  static constexpr int kEach = Images == 1 ? 2 : 1;  // independent ones, to hide the latency
  __m512 sum[Images][kEach];

  Sums() {
    UNROLL for (int n = 0; n < Images; ++n) {
      UNROLL for (int k = 0; k < kEach; ++k) sum[n][k] = _mm512_setzero_ps();
    }
  }
  void add(const std::uint16_t* column, const float* value, Index count, const float* x, Index image) {
    const auto columns = [](const std::uint16_t* from) {
      return _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
    };
    Index i = 0;
    for (; i + 16 * kEach <= count; i += 16 * kEach) {
      UNROLL for (int k = 0; k < kEach; ++k) {
        const __m512i at = columns(column + i + 16 * k);
        const __m512 weight = _mm512_loadu_ps(value + i + 16 * k);
        UNROLL for (int n = 0; n < Images; ++n) {
          sum[n][k] = _mm512_fmadd_ps(weight, _mm512_i32gather_ps(at, x + n * image, 4), sum[n][k]);
        }
      }
    }
    for (; i < count; i += 16) {
      const auto lanes = static_cast<__mmask16>(count - i >= 16 ? 0xffff : (1 << (count - i)) - 1);
      const __m512i at = _mm512_maskz_mov_epi32(lanes, columns(column + i));  // 32 bytes behind may be read
      const __m512 weight = _mm512_maskz_loadu_ps(lanes, value + i);
      UNROLL for (int n = 0; n < Images; ++n) {
        const __m512 found = _mm512_mask_i32gather_ps(_mm512_setzero_ps(), lanes, at, x + n * image, 4);
        sum[n][0] = _mm512_fmadd_ps(weight, found, sum[n][0]);
      }
    }
  }
  float total(int n) const {
    if constexpr (kEach == 2) return _mm512_reduce_add_ps(sum[n][0] + sum[n][1]);
    return _mm512_reduce_add_ps(sum[n][0]);
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
