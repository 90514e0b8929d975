// One sweep for each optimiser. The formulas are templates over the lane type: a vector register in the body,
// one float in the tail, with the same rounding in both. The mask word's bits become a lane mask by testing
// each lane's own bit, which is one instruction with AVX-512 and two without.
#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "kernels/cpu/masked_update/rules.h"

namespace coppice::kernels::COPPICE_ISA {

namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif
typedef float Vector __attribute__((vector_size(kLanes * 4)));
typedef std::int32_t Bits __attribute__((vector_size(kLanes * 4)));
typedef float Unaligned __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));

inline Vector load(const float* p) { return *reinterpret_cast<const Unaligned*>(p); }
inline void store(float* p, Vector v) { *reinterpret_cast<Unaligned*>(p) = v; }

inline float square_root(float x) { return __builtin_sqrtf(x); }
inline Vector square_root(Vector x) {
#if defined(__AVX512F__)
  return _mm512_maskz_sqrt_ps(0xffff, x);  // the plain form warns in GCC 12
#elif defined(__AVX2__)
  return _mm256_sqrt_ps(x);
#elif defined(__x86_64__)
  return _mm_sqrt_ps(x);
#else
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

inline Bits lane_bits() {
  Bits bits;
  for (int i = 0; i < kLanes; ++i) bits[i] = 1 << i;
  return bits;
}

inline Vector keep_lanes(Vector x, Bits kept) { return kept ? x : Vector{}; }

enum class Velocity { kNone, kFresh, kRunning };

template <Velocity kind, class V>
inline void sgd(V& value, V gradient, V& velocity, const SgdRule& rule) {
  gradient = gradient + rule.weight_decay * value;
  velocity = kind == Velocity::kRunning ? rule.momentum * velocity + gradient : gradient;
  value = value - rule.learning_rate * velocity;
}

template <class V>
inline void adam(V& value, V gradient, V& first, V& second, const AdamRule& rule) {
  gradient = gradient + rule.weight_decay * value;
  first = first + rule.blend1 * (gradient - first);
  second = rule.beta2 * second + rule.blend2 * gradient * gradient;
  value = value - rule.step_size * first / (square_root(second) * rule.inverse_correct + rule.epsilon);
}

template <Velocity kind>
void sgd_range(const SgdArrays a, const SgdRule rule, std::int64_t begin, std::int64_t end) {
  const Bits own_bit = lane_bits();
  std::int64_t i = begin;
  for (; i + 64 <= end; i += 64) {
    const std::uint64_t word = a.mask ? a.mask[i / 64] : ~std::uint64_t{0};
    for (int j = 0; j < 64; j += kLanes) {
      const Bits kept = (own_bit & static_cast<std::int32_t>(word >> j)) != 0;
      Vector value = load(a.value + i + j);
      Vector velocity = kind == Velocity::kRunning ? load(a.velocity + i + j) : Vector{};
      sgd<kind>(value, load(a.gradient + i + j), velocity, rule);
      store(a.value + i + j, keep_lanes(value, kept));
      if (kind != Velocity::kNone) store(a.velocity + i + j, keep_lanes(velocity, kept));
    }
  }
  for (; i < end; ++i) {
    const bool kept = !a.mask || (a.mask[i / 64] >> (i % 64) & 1);
    float value = a.value[i], velocity = kind == Velocity::kRunning ? a.velocity[i] : 0;
    sgd<kind>(value, a.gradient[i], velocity, rule);
    a.value[i] = kept ? value : 0;
    if (kind != Velocity::kNone) a.velocity[i] = kept ? velocity : 0;
  }
}

}  // namespace

void masked_sgd_range(const SgdArrays& arrays, const SgdRule& rule, std::int64_t begin, std::int64_t end) {
  if (!arrays.velocity) {
    sgd_range<Velocity::kNone>(arrays, rule, begin, end);
  } else if (rule.momentum == 0) {
    sgd_range<Velocity::kFresh>(arrays, rule, begin, end);
  } else {
    sgd_range<Velocity::kRunning>(arrays, rule, begin, end);
  }
}

void masked_adam_range(const AdamArrays& arrays, const AdamRule& given, std::int64_t begin,
                       std::int64_t end) {
  const AdamArrays a = arrays;  // copies: stores of floats cannot change them
  const AdamRule rule = given;
  const Bits own_bit = lane_bits();
  std::int64_t i = begin;
  for (; i + 64 <= end; i += 64) {
    const std::uint64_t word = a.mask ? a.mask[i / 64] : ~std::uint64_t{0};
    for (int j = 0; j < 64; j += kLanes) {
      const Bits kept = (own_bit & static_cast<std::int32_t>(word >> j)) != 0;
      Vector value = load(a.value + i + j), first = load(a.first + i + j), second = load(a.second + i + j);
      adam(value, load(a.gradient + i + j), first, second, rule);
      store(a.value + i + j, keep_lanes(value, kept));
      store(a.first + i + j, keep_lanes(first, kept));
      store(a.second + i + j, keep_lanes(second, kept));
    }
  }
  for (; i < end; ++i) {
    const bool kept = !a.mask || (a.mask[i / 64] >> (i % 64) & 1);
    float value = a.value[i], first = a.first[i], second = a.second[i];
    adam(value, a.gradient[i], first, second, rule);
    a.value[i] = kept ? value : 0;
    a.first[i] = kept ? first : 0;
    a.second[i] = kept ? second : 0;
  }
}

}  // namespace coppice::kernels::COPPICE_ISA
