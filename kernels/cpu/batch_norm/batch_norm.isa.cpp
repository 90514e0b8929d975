// Each sweep walks a strip of channels, one vector register wide, down the rows: what belongs to a channel
// (sums, scale, shift) then stays in registers. The rows of a call are few enough to stay in the first-level
// cache from strip to strip. Channels that fill no register run through the same templates as single floats.
#include <cstdint>

#include "kernels/cpu/batch_norm/sweeps.h"

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
typedef float Unaligned __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));

template <class V>
inline V load(const float* p);
template <>
inline Vector load<Vector>(const float* p) {
  return *reinterpret_cast<const Unaligned*>(p);
}
template <>
inline float load<float>(const float* p) {
  return *p;
}
inline void store(float* p, Vector v) { *reinterpret_cast<Unaligned*>(p) = v; }
inline void store(float* p, float v) { *p = v; }

/// Not max(): NaN must come through, as in torch.
template <class V>
inline V rectified(V v) {
  return v < 0 ? V{} : v;
}

/// Calls strip(V{}, channel) for vectors of channels and then for the remaining single ones.
template <class Strip>
inline void for_strips(std::int64_t channels, Strip strip) {
  std::int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) strip(Vector{}, c);
  for (; c < channels; ++c) strip(float{}, c);
}

/// The gated gradient at element i.
template <Gate gate, class V>
inline V gated(const NormBackward& a, std::int64_t i, V x, V scale, V shift) {
  if constexpr (gate == Gate::kWritten) return load<V>(a.d_addend + i);
  const V dy = load<V>(a.dy + i);
  if constexpr (gate == Gate::kInput) return x * scale + shift > 0 ? dy : V{};
  if constexpr (gate == Gate::kOutput) {
    const V g = load<V>(a.y + i) > 0 ? dy : V{};
    store(a.d_addend + i, g);
    return g;
  }
  return dy;
}

template <Gate gate>
void sums(const NormBackward a, std::int64_t begin, std::int64_t end, std::int64_t channels, float* sum,
          float* product) {
  for_strips(channels, [=]<class V>(V, std::int64_t c) {
    const V mean = load<V>(a.mean + c), scale = load<V>(a.affine.scale + c),
            shift = load<V>(a.affine.shift + c);
    V s[4] = {}, p[4] = {};
    const auto row = [&](std::int64_t r, int k) {
      const std::int64_t i = r * channels + c;
      const V x = load<V>(a.x + i);
      const V g = gated<gate>(a, i, x, scale, shift);
      s[k] = s[k] + g;
      p[k] = p[k] + g * (x - mean);
    };
    std::int64_t r = begin;
    for (; r + 4 <= end; r += 4) row(r, 0), row(r + 1, 1), row(r + 2, 2), row(r + 3, 3);
    for (; r < end; ++r) row(r, 0);
    store(sum + c, (s[0] + s[1]) + (s[2] + s[3]));
    store(product + c, (p[0] + p[1]) + (p[2] + p[3]));
  });
}

template <Gate gate>
void gradient(const NormBackward a, NormSlopes slopes, std::int64_t begin, std::int64_t end,
              std::int64_t channels) {
  for_strips(channels, [=]<class V>(V, std::int64_t c) {
    const V mean = load<V>(a.mean + c), scale = load<V>(a.affine.scale + c),
            shift = load<V>(a.affine.shift + c);
    const V outer = load<V>(slopes.outer + c), slope = load<V>(slopes.slope + c);
    const V offset = load<V>(slopes.offset + c);
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t i = r * channels + c;
      const V x = load<V>(a.x + i);
      const V g = gated<gate>(a, i, x, scale, shift);
      store(a.dx + i, outer * g + (slope * (x - mean) + offset));
    }
  });
}

template <bool add, bool relu>
void apply(const float* x, const float* addend, NormAffine affine, float* y, std::int64_t begin,
           std::int64_t end, std::int64_t channels) {
  for_strips(channels, [=]<class V>(V, std::int64_t c) {
    const V scale = load<V>(affine.scale + c), shift = load<V>(affine.shift + c);
    for (std::int64_t r = begin; r < end; ++r) {
      const std::int64_t i = r * channels + c;
      V v = load<V>(x + i) * scale + shift;
      if constexpr (add) v = v + load<V>(addend + i);
      store(y + i, relu ? rectified(v) : v);
    }
  });
}

}  // namespace

void norm_moments(const float* x, std::int64_t begin, std::int64_t end, std::int64_t channels, float* mean,
                  float* squares) {
  for_strips(channels, [=]<class V>(V, std::int64_t c) {
    V s[4] = {};
    std::int64_t r = begin;
    for (; r + 4 <= end; r += 4) {
      for (int k = 0; k < 4; ++k) s[k] = s[k] + load<V>(x + (r + k) * channels + c);
    }
    for (; r < end; ++r) s[0] = s[0] + load<V>(x + r * channels + c);
    const V m = ((s[0] + s[1]) + (s[2] + s[3])) / static_cast<float>(end - begin);
    V q[4] = {};
    for (r = begin; r + 4 <= end; r += 4) {
      for (int k = 0; k < 4; ++k) {
        const V d = load<V>(x + (r + k) * channels + c) - m;
        q[k] = q[k] + d * d;
      }
    }
    for (; r < end; ++r) {
      const V d = load<V>(x + r * channels + c) - m;
      q[0] = q[0] + d * d;
    }
    store(mean + c, m);
    store(squares + c, (q[0] + q[1]) + (q[2] + q[3]));
  });
}

void norm_apply_rows(const float* x, const float* addend, NormAffine affine, bool relu, float* y,
                     std::int64_t begin, std::int64_t end, std::int64_t channels) {
  if (addend) {
    (relu ? apply<true, true> : apply<true, false>)(x, addend, affine, y, begin, end, channels);
  } else {
    (relu ? apply<false, true> : apply<false, false>)(x, addend, affine, y, begin, end, channels);
  }
}

void norm_sums(const NormBackward& arrays, Gate gate, std::int64_t begin, std::int64_t end,
               std::int64_t channels, float* sum, float* product) {
  switch (gate) {
    case Gate::kOpen: return sums<Gate::kOpen>(arrays, begin, end, channels, sum, product);
    case Gate::kInput: return sums<Gate::kInput>(arrays, begin, end, channels, sum, product);
    case Gate::kOutput: return sums<Gate::kOutput>(arrays, begin, end, channels, sum, product);
    case Gate::kWritten: return sums<Gate::kWritten>(arrays, begin, end, channels, sum, product);
  }
}

void norm_gradient(const NormBackward& arrays, Gate gate, NormSlopes slopes, std::int64_t begin,
                   std::int64_t end, std::int64_t channels) {
  switch (gate) {
    case Gate::kOpen: return gradient<Gate::kOpen>(arrays, slopes, begin, end, channels);
    case Gate::kInput: return gradient<Gate::kInput>(arrays, slopes, begin, end, channels);
    case Gate::kOutput: return gradient<Gate::kOutput>(arrays, slopes, begin, end, channels);
    case Gate::kWritten: return gradient<Gate::kWritten>(arrays, slopes, begin, end, channels);
  }
}

}  // namespace coppice::kernels::COPPICE_ISA
