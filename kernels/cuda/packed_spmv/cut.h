#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/packed_spmv/pack.h"

namespace coppice::kernels {

/// A piece before it is packed: entries [first, last) of the matrix, all of one row and one block of columns.
struct SpmvPart {
  std::int64_t first = 0, last = 0;
  std::uint32_t target = kSpmvNobody;
  std::int64_t groups() const { return (last - first + 3) / 4; }
};

/// The rows of one block of threads.
struct SpmvRange {
  std::vector<std::vector<SpmvPart>> blocks;  ///< [column block][round * teams + team]
  std::vector<SpmvSplitRow> split_rows;
  std::int64_t sums = 0;
};

/// Cuts a matrix into ranges of rows with equal work and their rows into pieces: at the borders of column
/// blocks, and where a row is so long that the other teams of its range would wait for it.
class SpmvCut {
 public:
  SpmvCut(const Csr& matrix, const SpmvTiling& tiling);
  const std::vector<std::int64_t>& bounds() const { return bounds_; }  ///< Range r: rows [r], [r + 1].
  std::int64_t column_blocks() const { return column_blocks_; }
  SpmvRange range(std::int64_t r) const;

 private:
  struct RowPart {
    std::int64_t block, first, last;
  };
  void split(std::int64_t row, std::vector<RowPart>& parts) const;  ///< An empty row: one empty part.
  std::int64_t longest(std::int64_t row) const;                     ///< In groups, of a piece of this row.
  void bound_ranges();
  std::vector<SpmvPart> dealt(std::vector<SpmvPart> parts) const;

  const Csr& matrix_;
  const SpmvTiling& tiling_;
  std::int64_t column_blocks_, longest_;
  std::vector<std::int64_t> bounds_;
};

}  // namespace coppice::kernels
