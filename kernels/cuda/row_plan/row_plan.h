#pragma once
#include <cstdint>
#include <vector>

#include "kernels/layer.h"

namespace coppice::kernels {

/// Where a row's sum is made: the teams of a block of threads (warps) have so many slots each. Long rows have
/// several: piece i of n takes the row's nonzeros i, i + n, i + 2n, ..., so that pieces lie as spread out as
/// their row.
struct RowSlot {
  std::uint32_t row = 0;
  std::uint32_t piece = 0, pieces = 0;  ///< No pieces: the slot is empty, or its row has no nonzeros.
};

/// A row of the output, finished by its block: the sum over row_slots[first, last) of the block.
struct PlannedRow {
  std::uint32_t row;
  std::uint16_t first, last;
};

/// Which rows each block of threads works on, so that teams and blocks have nearly equal shares of the
/// nonzeros, however skewed the mask. All pieces of a row are in one block, and rows without nonzeros behind
/// all others: whole blocks may have nothing to multiply.
struct RowPlan {
  int team_rows = 0, teams = 0;
  std::int64_t blocks = 0;
  std::vector<RowSlot> slots;            ///< [blocks][teams][team_rows]
  std::vector<PlannedRow> rows;          ///< Each row of the matrix once, block by block.
  std::vector<std::uint32_t> rows_from;  ///< [blocks + 1] into rows.
  std::vector<std::uint16_t> row_slots;  ///< [blocks][teams * team_rows]: slots of a row side by side.

  int block_slots() const { return teams * team_rows; }
  std::int64_t nonzeros(const Csr& matrix, const RowSlot& slot) const;
};

/// Rows as they come (but those without nonzeros last), unless teams would be unequal by more than half; or
/// dealt out so that they are as equal as can be.
enum class RowOrder { kAsTheyCome, kBalanced };

/// Pieces have at most team_rows / 4 times the nonzeros of a mean row, as far as half a block's slots suffice
/// for a row. Throws std::invalid_argument for shapes below 1 or blocks of more than 32,768 slots.
RowPlan plan_rows(const Csr& matrix, int team_rows, int teams, RowOrder order);

/// The same plan, the blocks with most nonzeros first: launches end earlier then.
RowPlan heaviest_first(const RowPlan& plan, const Csr& matrix);

/// Calls use(position) for the slot's nonzeros, places in matrix.column and matrix.value, in rising order.
template <class Use>
void for_each_nonzero(const Csr& matrix, const RowSlot& slot, const Use& use) {
  if (slot.pieces == 0) return;
  const auto row = static_cast<std::size_t>(slot.row);
  for (std::int64_t i = matrix.begin[row] + slot.piece; i < matrix.begin[row + 1]; i += slot.pieces) use(i);
}

/// The time until all is done where so many places work at once and each takes the next of the blocks, in
/// their order, when it has nothing to do: how a GPU runs a launch's blocks.
double makespan(const std::vector<double>& block_costs, std::int64_t places);

}  // namespace coppice::kernels
