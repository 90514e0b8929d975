#pragma once
#include <cstdint>

#include "kernels/cpu/isa.h"

namespace coppice::kernels {

/// A nonzero: its value, and how far from the tile's origin the activations lie that it is multiplied with.
struct Entry {
  float value;
  std::uint32_t offset;  ///< Bytes.
};

/// A row of a panel.
struct PanelRow {
  std::uint32_t row;    ///< Of the group.
  std::uint32_t count;  ///< Entries.
};

/// The inner loop of all our sparse products: some rows of the matrix times one tile of activations. A tile
/// is `lines` x `vectors` vectors of 16 floats that stay in registers while the nonzeros of a row run by;
/// each nonzero is one broadcast and one multiply-add with a memory operand for every vector.
struct Panel {
  const Entry* entries = nullptr;  ///< Row after row, in the order of `rows`.
  const PanelRow* rows = nullptr;  ///< Sorted by count, so that the processor foresees where each row ends.
  std::int64_t row_count = 0;
  const float* x = nullptr;  ///< Origin of the tile.
  std::int64_t x_line = 0;   ///< Floats from one line of vectors to the next.
  float* y = nullptr;
  std::int64_t y_row = 0, y_line = 0;  ///< Floats from one row of the matrix to the next; between lines.
  const float* bias = nullptr;         ///< By row, where the sums begin; null: they go on from what y holds.
  bool last = true;                    ///< No later panel adds to these sums: the rest of the layer follows.
  const float* residual = nullptr;     ///< Lies as y; null: none. Added at the end.
  bool relu = false;                   ///< At the end.
  /// Of the only line: where lanes of y must become 0, 0, else -1 ([vectors x 16]); and how many lanes of the
  /// last vector may be stored. Null: all of them, in all lines.
  const std::int32_t* keep = nullptr;
  int last_lanes = 16;
};

/// Requires lines * vectors <= panel_vectors(level), and lines == 1 where `keep` is given. Offsets need no
/// alignment; a vector that crosses a cache line costs two loads.
void run_panel(const Panel& panel, int lines, int vectors, Isa level);

/// The most vectors of 16 floats that a tile may have: what the level's registers hold.
int panel_vectors(Isa level);

}  // namespace coppice::kernels
