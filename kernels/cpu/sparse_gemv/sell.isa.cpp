// A slice is 16 rows, a row per lane, so that nothing is summed across a vector. Blocks of 32 floats of x are
// looked up by one permutation of two registers; what groups by blocks would fill badly is gathered. The
// kernel reads its matrix as fast as the second- and third-level caches give it (prefetches only slow it
// down), so the format counts bytes: 5 a weight in a block, 6 a gathered one, times what padding adds.
#include "kernels/cpu/sparse_gemv/sell.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12, of its own intrinsics (bug 105593)
#endif

#define UNROLL _Pragma("GCC unroll 8")

namespace coppice::kernels::COPPICE_ISA {

typedef std::int64_t Index;

// The products of a slice for so many images, each weight and column loaded once for all of them.
template <int Images>
static void slice(const SellProblem& p, const SellSlice& s, Index image) {
  constexpr int kSums = Images == 1 ? 4 : Images == 2 ? 2 : 1;  // independent ones, to hide the latency
  __m512 sum[Images][kSums];
  UNROLL for (int n = 0; n < Images; ++n) {
    UNROLL for (int k = 0; k < kSums; ++k) sum[n][k] = k == 0 ? _mm512_loadu_ps(s.bias) : _mm512_setzero_ps();
  }
  const float* x = p.x + image * p.columns;
  const float* values = s.values;
  const std::uint8_t* columns = s.columns;
  const std::uint16_t* blocks = s.blocks;
  for (Index i = 0; i < s.fours; ++i, values += 64, columns += 64, blocks += 4) {
    __m512i column = _mm512_load_si512(columns);
    UNROLL for (int k = 0; k < 4; ++k) {
      const float* from = x + static_cast<Index>(blocks[k]) * 32;
      const __m512 value = _mm512_load_ps(values + k * 16);
      UNROLL for (int n = 0; n < Images; ++n) {
        // The permutation looks at the lowest five bits of each column alone.
        const __m512 found = _mm512_permutex2var_ps(_mm512_loadu_ps(from + n * p.columns), column,
                                                    _mm512_loadu_ps(from + n * p.columns + 16));
        sum[n][k % kSums] = _mm512_fmadd_ps(value, found, sum[n][k % kSums]);
      }
      column = _mm512_srli_epi32(column, 8);
    }
  }
  const std::uint16_t* gathered = s.gathered;
  for (Index i = 0; i < s.gathers; ++i, values += 16, gathered += 16) {
    const __m512i column =
        _mm512_cvtepu16_epi32(_mm256_load_si256(reinterpret_cast<const __m256i*>(gathered)));
    const __m512 value = _mm512_load_ps(values);
    UNROLL for (int n = 0; n < Images; ++n) {
      sum[n][0] = _mm512_fmadd_ps(value, _mm512_i32gather_ps(column, x + n * p.columns, 4), sum[n][0]);
    }
  }
  const __m512i row = _mm512_loadu_si512(s.row);
  const auto lanes = static_cast<__mmask16>((1u << s.lanes) - 1);
  UNROLL for (int n = 0; n < Images; ++n) {
    __m512 total = sum[n][0];
    UNROLL for (int k = 1; k < kSums; ++k) total += sum[n][k];
    const Index at = (image + n) * p.rows;
    if (p.residual) total += _mm512_mask_i32gather_ps(_mm512_setzero_ps(), lanes, row, p.residual + at, 4);
    if (p.relu) {
      const __mmask16 negative = _mm512_cmp_ps_mask(total, _mm512_setzero_ps(), _CMP_LT_OQ);  // not NaN
      total = _mm512_mask_mov_ps(total, negative, _mm512_setzero_ps());
    }
    _mm512_mask_i32scatter_ps(p.y + at, lanes, row, total, 4);
  }
}

void sell_slices(const SellProblem& p, Index begin, Index end) {
  for (Index i = begin; i < end; ++i) {
    Index image = 0;
    for (; image + 4 <= p.images; image += 4) slice<4>(p, p.slices[i], image);
    switch (p.images - image) {
      case 3: slice<3>(p, p.slices[i], image); break;
      case 2: slice<2>(p, p.slices[i], image); break;
      case 1: slice<1>(p, p.slices[i], image); break;
    }
  }
}

void pick(const float* x, const std::int32_t* offset, Index begin, Index end, float* to) {
  Index i = begin;
  for (; i + 16 <= end; i += 16) {
    _mm512_storeu_ps(to + i, _mm512_i32gather_ps(_mm512_loadu_si512(offset + i), x, 4));
  }
  for (; i < end; ++i) to[i] = x[offset[i]];
}

}  // namespace coppice::kernels::COPPICE_ISA
#endif
