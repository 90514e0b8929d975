// One micro-kernel, `tile`: Rows x Vectors accumulators stay in registers while k runs; each step loads
// Vectors vectors of B and broadcasts Rows elements of A. Around it: k is cut into blocks, so that a panel of
// B (64 columns x 128 x 4 bytes = 32 KB) stays in L1 while all rows of A pass over it, and rows into tiles of
// nearly equal height, so that no thin tile, bound by latency, is left over. Bias and gates are a second pass
// over a tile that is still in L1: 1% of the time. The update, which comes with every tile of a weight
// gradient, is done from the registers.
#include "kernels/cpu/gemm/gemm.h"

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
#define UNROLL _Pragma("GCC unroll 16")

namespace coppice::kernels::COPPICE_ISA {

typedef float Vec __attribute__((vector_size(VECTOR_BYTES)));
typedef int Int __attribute__((vector_size(VECTOR_BYTES)));
typedef float Loose __attribute__((vector_size(VECTOR_BYTES), aligned(4)));
typedef std::int64_t Index;

static constexpr int kLanes = VECTOR_BYTES / 4;
static constexpr bool kWide = VECTOR_BYTES == 64;  // 32 registers instead of 16
static constexpr int kMaxVectors = kWide ? 4 : 2;
static constexpr Index kMaxDepth = 128;

// Rows of a tile of so many vectors: what the registers hold beside a row of B and a broadcast.
static constexpr int tile_rows(int vectors) {
  if (!kWide) return 6;
  return vectors <= 2 ? 12 : vectors == 3 ? 8 : 6;
}

struct Operands {
  const float* a;
  Index a_row, a_column;
  const float* b;
  Index b_row, depth;
  float* c;
  Index c_row;
  bool update;
  float rate;
  const std::uint64_t* mask;
  Index bit;
};

static Vec load(const float* from) { return *reinterpret_cast<const Loose*>(from); }
static void store(float* to, Vec value) { *reinterpret_cast<Loose*>(to) = value; }

// All ones in the lanes whose bit is 1, from `bit` on.
static Int lanes_kept(const std::uint64_t* mask, Index bit) {
  Int lane_bit;
  for (int i = 0; i < kLanes; ++i) lane_bit[i] = 1 << i;
  const int bits = static_cast<int>(mask[bit / 64] >> (bit % 64) & 0xffff);
  return ((Int{} + bits) & lane_bit) != 0;
}

template <int Rows, int Vectors>
static void tile(const Operands& o, bool accumulate) {
  const float* a = o.a;
  const float* b = o.b;
  const Index a_row = o.a_row, a_column = o.a_column, b_row = o.b_row;
  Vec sum[Rows][Vectors];
  if (accumulate) {
    const float* c = o.c;
    UNROLL for (int r = 0; r < Rows; ++r, c += o.c_row) {
      UNROLL for (int v = 0; v < Vectors; ++v) sum[r][v] = load(c + v * kLanes);
      asm("" : "+r"(c));  // here and below: one running pointer, not one precomputed (and spilled) per row
    }
  } else {
    UNROLL for (int r = 0; r < Rows; ++r) { UNROLL for (int v = 0; v < Vectors; ++v) sum[r][v] = Vec{}; }
  }
  for (Index k = 0; k < o.depth; ++k) {
    Vec row[Vectors];
    UNROLL for (int v = 0; v < Vectors; ++v) row[v] = load(b + v * kLanes);
    UNROLL for (int r = 0; r < Rows; ++r) {
      const Vec x = a[r * a_row] - Vec{};  // a broadcast; x - 0 is x, to the bit
      UNROLL for (int v = 0; v < Vectors; ++v) sum[r][v] += x * row[v];
    }
    a += a_column;
    b += b_row;
  }
  float* c = o.c;
  if (o.update) {
    Index bit = o.bit;
    UNROLL for (int r = 0; r < Rows; ++r, c += o.c_row, bit += o.c_row) {
      UNROLL for (int v = 0; v < Vectors; ++v) {
        Vec value = load(c + v * kLanes) - o.rate * sum[r][v];
        if (o.mask)
          value = reinterpret_cast<Vec>(reinterpret_cast<Int>(value) & lanes_kept(o.mask, bit + v * kLanes));
        store(c + v * kLanes, value);
      }
      asm("" : "+r"(c));
    }
    return;
  }
  UNROLL for (int r = 0; r < Rows; ++r, c += o.c_row) {
    UNROLL for (int v = 0; v < Vectors; ++v) store(c + v * kLanes, sum[r][v]);
    asm("" : "+r"(c));  // one running pointer, not one precomputed (and spilled) for every row
  }
}

typedef void (*Tile)(const Operands&, bool);

template <int Rows, int Vectors>
static constexpr Tile pick() {
  if constexpr (Vectors <= kMaxVectors && Rows <= tile_rows(Vectors)) {
    return tile<Rows, Vectors>;
  } else {
    return nullptr;
  }
}

#define SHAPES(v)                                                                                     \
  {                                                                                                   \
    pick<1, v>(), pick<2, v>(), pick<3, v>(), pick<4, v>(), pick<5, v>(), pick<6, v>(), pick<7, v>(), \
        pick<8, v>(), pick<9, v>(), pick<10, v>(), pick<11, v>(), pick<12, v>()                       \
  }
static constexpr Tile kTiles[4][12] = {SHAPES(1), SHAPES(2), SHAPES(3), SHAPES(4)};

struct Region {
  Index row, rows, column, columns;  // of C
};

template <typename Step>
static void over(const Region& at, Step step) {
  for (Index r = at.row; r < at.row + at.rows; ++r) {
    for (Index j = at.column; j < at.column + at.columns; j += kLanes) step(r, j);
  }
}

// What follows the sums, but for kUpdate, which `tile` does itself.
static void finish(const Gemm& p, const Epilogue& e, const Region& at) {
  const auto c = [&](Index r, Index j) { return p.c + r * p.c_row + j; };
  const float* operand = e.operand;
  switch (e.kind) {
    case Epilogue::Kind::kNone:
    case Epilogue::Kind::kUpdate: return;
    case Epilogue::Kind::kBias:
      if (operand) over(at, [&](Index r, Index j) { store(c(r, j), load(c(r, j)) + load(operand + j)); });
      return;
    case Epilogue::Kind::kBiasRelu:
      return over(at, [&](Index r, Index j) {
        const Vec sum = operand ? load(c(r, j)) + load(operand + j) : load(c(r, j));
        store(c(r, j), sum < 0.0f ? Vec{} : sum);
      });
    case Epilogue::Kind::kGate:
      return over(at, [&](Index r, Index j) {
        store(c(r, j), load(operand + r * e.operand_row + j) > 0.0f ? load(c(r, j)) : Vec{});
      });
  }
}

// `total` things in `parts` of nearly equal size: where part i begins.
struct Split {
  Index size, larger;
  Split(Index total, Index parts) : size(total / parts), larger(total % parts) {}
  Index begin(Index i) const { return size * i + (i < larger ? i : larger); }
};

static void copy_rows(const float* from, Index from_row, float* to, Index columns, Index rows) {
  for (Index r = 0; r < rows; ++r) {
    for (Index j = 0; j < columns; j += kLanes) store(to + r * columns + j, load(from + r * from_row + j));
  }
}

// Columns [column, column + columns) of C: one panel of B, at most kMaxVectors wide.
static void panel(const Gemm& p, const Epilogue& e, Index column, Index columns) {
  alignas(64) float packed[kMaxDepth * kMaxVectors * kLanes];
  const bool update = e.kind == Epilogue::Kind::kUpdate;
  const int vectors = static_cast<int>(columns / kLanes);
  const Index tiles = (p.rows + tile_rows(vectors) - 1) / tile_rows(vectors);
  const Index blocks = (p.depth + kMaxDepth - 1) / kMaxDepth;
  const Split heights(p.rows, tiles), depths(p.depth, blocks);
  const bool pack =
      p.b_row != columns && tiles > 8;  // spread rows cost more than a copy, if read often enough
  for (Index block = 0; block < blocks; ++block) {
    const Index k = depths.begin(block), k_end = depths.begin(block + 1);
    const float* b = p.b + k * p.b_row + column;
    if (pack) copy_rows(b, p.b_row, packed, columns, k_end - k);
    for (Index t = 0; t < tiles; ++t) {
      const Index row = heights.begin(t), rows = heights.begin(t + 1) - row;
      const Region at = {row, rows, column, columns};
      const Operands operands = {p.a + row * p.a_row + k * p.a_column,
                                 p.a_row,
                                 p.a_column,
                                 pack ? packed : b,
                                 pack ? columns : p.b_row,
                                 k_end - k,
                                 p.c + row * p.c_row + column,
                                 p.c_row,
                                 update,
                                 e.rate,
                                 e.mask,
                                 row * p.c_row + column};
      // An update is applied block by block: it needs no other place for partial sums.
      kTiles[vectors - 1][rows - 1](operands, block > 0 && !update);
      if (!update && block + 1 == blocks) finish(p, e, at);
    }
  }
}

void gemm(const Gemm& p, const Epilogue& e) {
  const Index vectors = p.columns / kLanes;
  const Index panels = (vectors + kMaxVectors - 1) / kMaxVectors;
  const Split widths(vectors, panels);
  for (Index i = 0; i < panels; ++i) {
    const Index first = widths.begin(i), end = widths.begin(i + 1);
    panel(p, e, first * kLanes, (end - first) * kLanes);
  }
}

}  // namespace coppice::kernels::COPPICE_ISA
