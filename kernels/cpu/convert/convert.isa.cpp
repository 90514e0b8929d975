// A matrix is transposed in square tiles of one vector register a side: loaded row by row, exchanged in
// log2(side) steps, stored column by column. Layouts that differ in their halo alone are runs of floats to
// copy.
#include "kernels/cpu/convert/moves.h"
#include "kernels/cpu/vector.h"

namespace coppice::kernels::COPPICE_ISA {

// Swaps the bit `Distance` of row and column numbers, and then all lower ones.
template <int Distance>
static void exchange(Vec* rows) {
  Int low, high;
  COPPICE_UNROLL for (int i = 0; i < kWidth; ++i) {
    low[i] = i & Distance ? kWidth + i - Distance : i;
    high[i] = i & Distance ? kWidth + i : i + Distance;
  }
  COPPICE_UNROLL for (int i = 0; i < kWidth; ++i) {
    if (i & Distance) continue;
    const Vec a = rows[i], b = rows[i + Distance];
    rows[i] = shuffled(a, b, low);
    rows[i + Distance] = shuffled(a, b, high);
  }
  if constexpr (Distance > 1) exchange<Distance / 2>(rows);
}

struct Tile {
  const float* from;
  Index from_row;
  float* to;
  Index to_column;
  Index rows, columns;  // at most kWidth
  Index given;          // rows; those that follow are 0
};

static void transpose(const Tile& t) {
  Vec tile[kWidth];
  if (t.given >= kWidth && t.columns == kWidth) {
    COPPICE_UNROLL for (int i = 0; i < kWidth; ++i) tile[i] = load(t.from + i * t.from_row);
  } else {
    COPPICE_UNROLL for (int i = 0; i < kWidth; ++i) {
      tile[i] = i < t.given ? load_first(t.from + i * t.from_row, t.columns) : Vec{};
    }
  }
  exchange<kWidth / 2>(tile);
  if (t.rows == kWidth && t.columns == kWidth) {
    COPPICE_UNROLL for (int i = 0; i < kWidth; ++i) store(t.to + i * t.to_column, tile[i]);
  } else if (t.rows == kWidth) {
    for (Index i = 0; i < t.columns; ++i) store(t.to + i * t.to_column, tile[i]);
  } else {
    for (Index i = 0; i < t.columns; ++i) store_first(t.to + i * t.to_column, tile[i], t.rows);
  }
}

static Index smaller(Index a, Index b) { return a < b ? a : b; }

// A block of `rows` x `columns`, of which `given` rows are there.
static void move_block(const Moves& m, const float* x, float* y, Index rows, Index columns, Index given) {
  if (m.columns == 1 && m.from_row == 1 && m.to_row == 1) {
    Index r = 0;
    if (given > rows) given = rows;
    for (; r + kWidth <= given; r += kWidth) store(y + r, load(x + r));
    if (r < given) store_first(y + r, load_first(x + r, given - r), given - r);
    for (r = given > 0 ? given : 0; r < rows; ++r) y[r] = 0;
  } else if (m.from_column == 1 && m.to_row == 1) {
    for (Index r = 0; r < rows; r += kWidth) {
      for (Index c = 0; c < columns; c += kWidth) {
        transpose({x + r * m.from_row + c, m.from_row, y + r + c * m.to_column, m.to_column,
                   smaller(kWidth, rows - r), smaller(kWidth, columns - c), given - r});
      }
    }
  } else {  // single columns within a halo, say: dense on neither side
    for (Index c = 0; c < columns; ++c) {
      for (Index r = 0; r < rows; ++r) {
        y[r * m.to_row + c * m.to_column] = r < given ? x[r * m.from_row + c * m.from_column] : 0.0f;
      }
    }
  }
}

void move_blocks(const Moves& m, const float* x, float* y, Index begin, Index end) {
  Index column_block = begin % m.column_blocks, row_block = begin / m.column_blocks % m.row_blocks;
  Index repetition = begin / m.column_blocks / m.row_blocks, at[Moves::kOuter];
  for (int d = Moves::kOuter - 1; d >= 0; --d) {
    at[d] = repetition % m.size[d];
    repetition /= m.size[d];
    x += at[d] * m.from[d];
    y += at[d] * m.to[d];
  }
  for (Index i = begin; i < end; ++i) {
    const Index row = row_block * m.row_block, column = column_block * m.column_block;
    move_block(m, x + row * m.from_row + column * m.from_column, y + row * m.to_row + column * m.to_column,
               smaller(m.row_block, m.rows - row), smaller(m.column_block, m.columns - column),
               m.rows_given - row);
    if (++column_block < m.column_blocks) continue;
    column_block = 0;
    if (++row_block < m.row_blocks) continue;
    row_block = 0;
    for (int d = Moves::kOuter - 1; d >= 0; --d) {
      x += m.from[d];
      y += m.to[d];
      if (++at[d] < m.size[d]) break;
      x -= at[d] * m.from[d];
      y -= at[d] * m.to[d];
      at[d] = 0;
    }
  }
}

}  // namespace coppice::kernels::COPPICE_ISA
