#pragma once
#include <cstdint>

#include "kernels/cpu/by_isa.h"

namespace coppice::kernels {

/// A copy of floats between two strided arrays of any shape, seen as a matrix that is repeated. Row r, column
/// c of repetition (i, j, ...) is at i * from[0] + j * from[1] + ... + r * from_row + c * from_column, and
/// likewise in the destination. Columns lie densest in the source, rows in the destination; where both are
/// the same dimension, there is one column.
struct Moves {
  static constexpr int kOuter = 4;
  std::int64_t size[kOuter] = {1, 1, 1, 1}, from[kOuter] = {}, to[kOuter] = {};  ///< Outermost first.
  std::int64_t rows = 1, columns = 1;
  std::int64_t rows_given = 1;  ///< Further rows are 0.
  std::int64_t from_row = 1, from_column = 1, to_row = 1, to_column = 1;

  // Large matrices are done in blocks of some thousand floats: they stay in the first-level cache, and
  // threads share them.
  std::int64_t row_block = 1, column_block = 1;
  std::int64_t row_blocks = 1, column_blocks = 1;
  std::int64_t blocks = 0;  ///< Of all repetitions.
};

/// Moves blocks [begin, end).
COPPICE_DECLARE_BY_ISA(void move_blocks(const Moves& moves, const float* x, float* y, std::int64_t begin,
                                        std::int64_t end);)

}  // namespace coppice::kernels
