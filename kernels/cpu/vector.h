#pragma once
#include <cstdint>

/// The vector registers of the level that a *.isa.cpp file is compiled for. Everything is static in the
/// level's own namespace: no copy of it can serve another level.

#if defined(__AVX512F__)
#include <immintrin.h>
#define COPPICE_VECTOR_BYTES 64
#elif defined(__AVX__)
#define COPPICE_VECTOR_BYTES 32
#else
#define COPPICE_VECTOR_BYTES 16
#endif
#define COPPICE_UNROLL _Pragma("GCC unroll 16")

namespace coppice::kernels::COPPICE_ISA {

typedef float Vec __attribute__((vector_size(COPPICE_VECTOR_BYTES)));
typedef int Int __attribute__((vector_size(COPPICE_VECTOR_BYTES)));
typedef float LooseVec __attribute__((vector_size(COPPICE_VECTOR_BYTES), aligned(4), may_alias));
typedef std::int64_t Index;

constexpr int kWidth = COPPICE_VECTOR_BYTES / 4;  ///< Floats of a vector.

[[maybe_unused]] static Vec load(const float* from) { return *reinterpret_cast<const LooseVec*>(from); }
[[maybe_unused]] static void store(float* to, Vec value) { *reinterpret_cast<LooseVec*>(to) = value; }
/// The value itself in every lane: + would make -0 into +0.
[[maybe_unused]] static Vec broadcast(float value) { return value - Vec{}; }

/// The first `count` lanes (fewer than kWidth) and nothing behind them.
[[maybe_unused]] static void store_first(float* to, Vec value, Index count) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1 << count) - 1), value);
#else
  alignas(COPPICE_VECTOR_BYTES) float lanes[kWidth];
  *reinterpret_cast<Vec*>(lanes) = value;
  const float* from = lanes;
  if constexpr (kWidth > 4) {
    if (count & 4) {
      __builtin_memcpy(to, from, 16);
      to += 4, from += 4;
    }
  }
  if (count & 2) {
    __builtin_memcpy(to, from, 8);
    to += 2, from += 2;
  }
  if (count & 1) *to = *from;
#endif
}

/// The first `count` lanes (at most kWidth), the others 0; nothing behind them is read.
[[maybe_unused]] static Vec load_first(const float* from, Index count) {
  if (count >= kWidth) return load(from);
#if defined(__AVX512F__)
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1 << count) - 1), from);
#else
  Vec lanes = {};
  for (Index i = 0; i < count; ++i) lanes[i] = from[i];
  return lanes;
#endif
}

/// Lane i is lane from[i] of a, or, from kWidth on, of b. `from` should be known to the compiler.
[[maybe_unused]] static Vec shuffled(Vec a, Vec b, Int from) {
#if defined(__clang__)
  Vec result;
  for (int i = 0; i < kWidth; ++i) result[i] = from[i] < kWidth ? a[from[i]] : b[from[i] - kWidth];
  return result;
#else
  return __builtin_shuffle(a, b, from);
#endif
}

/// max(value, 0), but NaN stays NaN.
[[maybe_unused]] static Vec rectified(Vec value) { return value < 0.0f ? Vec{} : value; }

}  // namespace coppice::kernels::COPPICE_ISA
