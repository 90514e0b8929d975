#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "kernels/cpu/offset_spmm/panel.h"
#include "kernels/layer.h"

namespace coppice::kernels {

/// The nonzeros of a matrix in the order in which panels consume them: by group of rows (threads share out
/// groups where tiles are few), by block of columns (whose activations fit the first-level cache), by row.
struct PackedRows {
  std::vector<Entry> entries;
  std::vector<PanelRow> rows;             ///< Those that a panel must touch.
  std::vector<std::int64_t> group_row;    ///< [groups + 1]: the first row of each group.
  std::vector<std::int64_t> panel_entry;  ///< [groups][blocks]: where the entries of a panel begin, ...
  std::vector<std::int64_t> panel_row;    ///< ... and its rows; one more for the end.
  std::int64_t blocks = 1;

  std::int64_t groups() const { return static_cast<std::int64_t>(group_row.size()) - 1; }
  std::int64_t bytes() const;
  /// Rows, entries and counts of one panel; the caller fills in the rest.
  Panel panel(std::int64_t group, std::int64_t block) const;
};

struct PackOptions {
  std::int64_t groups = 1;  ///< At most; groups hold nearly equal numbers of nonzeros.
  std::int64_t blocks = 1;
  std::function<std::int64_t(std::int64_t column)> block_of;       ///< Rises with the column.
  std::function<std::uint64_t(std::int64_t column)> offset_bytes;  ///< From a tile's origin; below 2^32.
};

/// One block for as many whole channels as touch `block_bytes` of activations when each touches
/// `channel_bytes`; one block for all where block_bytes is 0.
PackOptions blocks_of_channels(const LayerShape& shape, std::int64_t block_bytes, std::int64_t channel_bytes);

/// From what a window's first tap reads to what the tap of a column reads, in cells of the input.
std::int64_t tap_cells(const LayerShape& shape, const Activations& in, std::int64_t column);

PackedRows pack_rows(const Csr& weights, const PackOptions& options);

/// Cuts `total` into pieces of at most `most`, all nearly equal: where each begins, and the end.
std::vector<std::int64_t> even_pieces(std::int64_t total, std::int64_t most);

}  // namespace coppice::kernels
