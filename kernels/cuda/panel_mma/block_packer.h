#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/panel_mma/pack.h"
#include "kernels/cuda/panel_mma/records.h"
#include "kernels/cuda/panel_mma/slices.h"

namespace coppice::kernels {

/// A block of rows, packed.
struct PackedRowBlock {
  std::int64_t slices = 0, list_columns = 0;
  std::vector<std::uint32_t> lists;
  std::vector<std::uint32_t> from;  ///< [panel][slices + 1], counted from the block's first record.
  std::vector<PanelRecord> records;
  std::vector<std::uint8_t> places;
  std::vector<double> costs;  ///< Of each slice.
};

/// Packs blocks of rows, one after the other.
class RowBlockPacker {
 public:
  RowBlockPacker(const Csr& matrix, const RowPlan& rows, std::int64_t slice_columns);
  PackedRowBlock pack(std::int64_t block);

 private:
  /// A nonzero of the panel under way. Sorted they come slice by slice, and there residue by residue of their
  /// columns' places.
  struct Entry {
    std::uint64_t slice_residue_place;
    std::uint32_t row;
    Bf16 value;
    bool operator<(const Entry& other) const { return slice_residue_place < other.slice_residue_place; }
  };
  using Entries = std::vector<Entry>::const_iterator;

  const RowSlot* slots_of(std::int64_t block, int panel) const;
  void find_columns(std::int64_t block);
  void read_panel(std::int64_t block, int panel);
  double pack_slice(Entries begin, Entries end, PackedRowBlock& packed);

  const Csr& matrix_;
  const RowPlan& rows_;
  std::int64_t slice_columns_;
  std::vector<std::uint32_t> panels_of_;  ///< [column]: bits, 0 between blocks.
  std::vector<std::uint32_t> place_of_;   ///< [column], for those of the block.
  std::vector<PanelColumn> columns_;
  PanelSlices slices_;
  std::vector<Entry> entries_;
};

}  // namespace coppice::kernels
