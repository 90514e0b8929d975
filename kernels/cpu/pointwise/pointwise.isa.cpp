#include "kernels/cpu/pointwise/rows.h"
#include "kernels/cpu/vector.h"

namespace coppice::kernels::COPPICE_ISA {

// Where row i of all planes begins, in an array with such a halo.
static Index row_at(const PointwiseRows& p, Index halo, Index i) {
  const Index pitch = p.width + 2 * halo, plane = (p.height + 2 * halo) * pitch;
  return (i / p.height * plane + (i % p.height + halo) * pitch + halo) * p.inner;
}

// y[i] = value(i) for vectors from i on; whole vectors are read.
template <class Value>
static void fill(float* y, Index count, bool relu, Value value) {
  Index i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    const Vec v = value(i);
    store(y + i, relu ? rectified(v) : v);
  }
  if (i == count) return;
  const Vec v = value(i);
  store_first(y + i, relu ? rectified(v) : v, count - i);
}

void add_rows(const PointwiseRows& p, Index begin, Index end) {
  for (Index r = begin; r < end; ++r) {
    const Index row = p.width * p.inner, left = p.floats - r * row, length = left < row ? left : row;
    float* y = p.y + row_at(p, p.halo, r);
    const float* a = p.inputs[0].data + row_at(p, p.inputs[0].halo, r);
    if (p.count == 1) {
      fill(y, length, p.relu, [=](Index i) { return load(a + i); });
      continue;
    }
    for (Index k = 1; k < p.count; ++k) {  // two by two: sums of more are rare
      const float* b = p.inputs[k].data + row_at(p, p.inputs[k].halo, r);
      fill(y, length, p.relu && k + 1 == p.count, [=](Index i) { return load(a + i) + load(b + i); });
      a = y;
    }
  }
}

void affine_rows(const PointwiseRows& p, Index begin, Index end) {
  for (Index r = begin; r < end; ++r) {
    const float* x = p.inputs[0].data + row_at(p, p.inputs[0].halo, r);
    float* y = p.y + row_at(p, p.halo, r);
    if (p.channels > 0) {
      const Index channel = r / p.height % p.channels;
      const Vec scale = broadcast(p.scale[channel]), shift = broadcast(p.shift[channel]);
      fill(y, p.width * p.inner, p.relu, [=](Index i) { return scale * load(x + i) + shift; });
      continue;
    }
    for (Index cell = 0; cell < p.width; ++cell, x += p.inner, y += p.inner) {
      Index i = 0;
      for (; i + kWidth <= p.inner; i += kWidth) {
        const Vec value = load(p.scale + i) * load(x + i) + load(p.shift + i);
        store(y + i, p.relu ? rectified(value) : value);
      }
      for (; i < p.inner; ++i) {  // behind scale and shift nothing may be read
        const float value = p.scale[i] * x[i] + p.shift[i];
        y[i] = p.relu && value < 0 ? 0 : value;
      }
    }
  }
}

}  // namespace coppice::kernels::COPPICE_ISA
