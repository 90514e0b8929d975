#pragma once
#include <cstdint>
#include <vector>

namespace coppice::kernels {

/// A column of W that a block of rows has nonzeros in, and in which of its panels: bit i for panel i.
struct PanelColumn {
  std::uint32_t column = 0, panels = 0;
};

/// The order in which a block of rows meets its columns, which is free, and decides how well it runs:
/// - All warps wait for the one that has most to do in a slice, and its columns are padded to 16. So columns
///   are dealt out to slices such that each panel has about as many in each, and into as many slices as leave
///   the least padding.
/// - Rows of X are read eight at a time, from different banks where their places in the slice differ
/// modulo 8.
///   So within a slice places are dealt out such that each panel has about as many of each residue.
struct PanelSlices {
  std::int64_t slices = 0;
  std::int64_t list_columns = 0;     ///< Of each slice, a multiple of 8.
  std::vector<std::uint32_t> lists;  ///< [slices][list_columns]; empty places repeat a column of the slice.
  std::vector<std::uint32_t> place;  ///< Of each of the columns given: its place in lists.
};

/// At most `most_columns` in a slice, a multiple of 8.
PanelSlices panel_slices(const std::vector<PanelColumn>& columns, int panels, std::int64_t most_columns);

/// The bin of each of the columns, such that for every panel all bins have about as many of its columns; at
/// most `capacity` in each bin, which must suffice for all.
std::vector<std::uint32_t> deal_columns(const std::vector<PanelColumn>& columns, int panels,
                                        std::int64_t bins, std::int64_t capacity);

}  // namespace coppice::kernels
