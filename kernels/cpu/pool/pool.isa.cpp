// Where cells hold several floats (lanes, channels last), a vector is some of a cell, and a window is a loop
// over cells. Where they hold one: vectors of neighbouring outputs, whose windows lie inside the image; at
// the image's edges, and for windows much wider than the output (global pooling), the vector is a piece of
// one window's row.
#include "kernels/cpu/pool/rows.h"
#include "kernels/cpu/vector.h"

namespace coppice::kernels::COPPICE_ISA {

static Index smaller(Index a, Index b) { return a < b ? a : b; }
static Index larger(Index a, Index b) { return a > b ? a : b; }

struct Max {
  static Vec start() { return broadcast(-__builtin_inff()); }
  static Vec add(Vec a, Vec b) { return ((b > a) | (b != b)) ? b : a; }  // once NaN, always NaN
};

struct Sum {
  static Vec start() { return Vec{}; }
  static Vec add(Vec a, Vec b) { return a + b; }
};

template <class Op>
static Vec finished(const PoolRows& p, Vec value) {
  if (!p.max) value = value / static_cast<float>(p.kernel_height * p.kernel_width);
  return p.relu ? rectified(value) : value;
}

// The part of a window that lies inside the image, along one dimension.
struct Span {
  Index begin, end;
  Span(Index out, Index stride, Index padding, Index kernel, Index size)
      : begin(larger(0, out * stride - padding)), end(smaller(size, out * stride - padding + kernel)) {}
};

static Span columns_of(const PoolRows& p, Index column) {
  return Span(column, p.stride, p.padding, p.kernel_width, p.in_width);
}

template <class Op>
static void cells(const PoolRows& p, const float* x, Span rows, float* y) {
  for (Index column = 0; column < p.out_width; ++column, y += p.inner) {
    const Span columns = columns_of(p, column);
    for (Index i = 0; i < p.inner; i += kWidth) {
      Vec value = Op::start();
      for (Index r = rows.begin; r < rows.end; ++r) {
        const float* cell = x + r * p.in_row + i;
        for (Index c = columns.begin; c < columns.end; ++c) value = Op::add(value, load(cell + c * p.inner));
      }
      value = finished<Op>(p, value);
      if (p.inner - i >= kWidth) {
        store(y + i, value);
      } else {
        store_first(y + i, value, p.inner - i);
      }
    }
  }
}

// One output of cells of one float.
template <class Op>
static void window(const PoolRows& p, const float* x, Span rows, Index column, float* y) {
  Int lane;
  COPPICE_UNROLL for (int i = 0; i < kWidth; ++i) lane[i] = i;
  const Span columns = columns_of(p, column);
  Vec value = Op::start();
  for (Index r = rows.begin; r < rows.end; ++r) {
    for (Index c = columns.begin; c < columns.end; c += kWidth) {
      const int left = static_cast<int>(smaller(kWidth, columns.end - c));
      const Vec loaded = load(x + r * p.in_row + c);
      value = Op::add(value, lane < left ? loaded : Op::start());
    }
  }
  for (int half = kWidth / 2; half > 0; half /= 2) {
    value = Op::add(value, shuffled(value, value, (lane + half) & (kWidth - 1)));
  }
  *y = finished<Op>(p, value)[0];
}

template <int Stride>
static Vec load_every(const float* from) {
  if constexpr (Stride == 1) return load(from);
  Int even;
  COPPICE_UNROLL for (int i = 0; i < kWidth; ++i) even[i] = 2 * i;
  return shuffled(load(from), load(from + kWidth), even);
}

// Outputs [begin, end) of cells of one float; their windows lie between the image's left and right edge.
template <class Op, int Stride>
static void neighbours(const PoolRows& p, const float* x, Span rows, Index begin, Index end, float* y) {
  for (Index column = begin; column < end; column += kWidth) {
    Vec value = Op::start();
    for (Index r = rows.begin; r < rows.end; ++r) {
      const float* from = x + r * p.in_row + column * Stride - p.padding;
      for (Index k = 0; k < p.kernel_width; ++k) value = Op::add(value, load_every<Stride>(from + k));
    }
    value = finished<Op>(p, value);
    if (end - column >= kWidth) {
      store(y + column, value);
    } else {
      store_first(y + column, value, end - column);
    }
  }
}

template <class Op>
static void singles(const PoolRows& p, const float* x, Span rows, float* y) {
  Index begin = 0, end = 0;  // columns done as neighbours
  if (p.stride <= 2 && p.in_width + p.padding >= p.kernel_width) {
    begin = smaller(p.out_width, (p.padding + p.stride - 1) / p.stride);
    end = larger(begin, smaller(p.out_width, (p.in_width + p.padding - p.kernel_width) / p.stride + 1));
    const Index by_neighbours = p.kernel_width * ((end - begin + kWidth - 1) / kWidth);
    const Index by_windows = (end - begin) * ((p.kernel_width + kWidth - 1) / kWidth + 1);
    if (by_neighbours > by_windows) end = begin;
  }
  for (Index column = 0; column < begin; ++column) window<Op>(p, x, rows, column, y + column);
  (p.stride == 1 ? neighbours<Op, 1> : neighbours<Op, 2>)(p, x, rows, begin, end, y);
  for (Index column = end; column < p.out_width; ++column) window<Op>(p, x, rows, column, y + column);
}

template <class Op>
static void rows_of(const PoolRows& p, Index begin, Index end) {
  for (Index i = begin; i < end; ++i) {
    const Index plane = i / p.out_height, row = i % p.out_height;
    const Span rows(row, p.stride, p.padding, p.kernel_height, p.in_height);
    (p.inner == 1 ? singles<Op> : cells<Op>)(p, p.x + plane * p.in_plane, rows,
                                             p.y + plane * p.out_plane + row * p.out_row);
  }
}

void pool_rows(const PoolRows& p, Index begin, Index end) {
  (p.max ? rows_of<Max> : rows_of<Sum>)(p, begin, end);
}

}  // namespace coppice::kernels::COPPICE_ISA
