#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "kernels/cuda/bf16.h"

namespace coppice::kernels {

/// A block of 16 x 16 weights as a warp multiplies it (mma_bf16): lane 4 (row % 8) + column % 8 / 2 holds 8
/// of them, in the order (column / 8, row / 8, column % 2).
struct PanelBlock {
  std::array<std::array<Bf16, 8>, 32> values = {};
  std::array<std::uint8_t, 32> present = {};  ///< Bits: which of a lane's values are nonzeros.

  void put(int row, int column, Bf16 value);
};

/// The nonzeros of a block in 128 bytes, where 16 x 16 numbers would take 512: reading weights costs a
/// quarter. Lanes hand each other the values. Word l has
///   bits 0-15   the l-th of the record's values, those of a lane side by side, its last first
///   bits 16-23  which of lane l's values are in this record
///   bits 24-28  where they begin
///   bits 29-30  the most values of any lane, less 1
///   bit 31      the next record has more of the same block
using PanelRecord = std::array<std::uint32_t, 32>;

/// At least one, of at most 32 values each and 4 for each lane.
std::vector<PanelRecord> panel_records(const PanelBlock& block);

}  // namespace coppice::kernels
