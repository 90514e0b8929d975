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
/// quarter. Lanes hand each other the values; up to two come to each. Word l has
///   bits 0-15   the l-th of the record's values, those of a lane side by side
///   bits 16-19  where lane l's second value goes: its place among the lane's 8, and in bit 19 whether there
///   is one bits 20-23  the same for its first bits 24-28  which of the record's values that is bit 31 the
///   next record has more of the same block
using PanelRecord = std::array<std::uint32_t, 32>;

/// At least one, of at most 32 values each and 2 for each lane.
std::vector<PanelRecord> panel_records(const PanelBlock& block);

/// Columns of a block may change places within the first and within the last eight of them. Where they go (a
/// place for each) so that hardly a lane has more than two values, which would take another record.
/// `rows`: bits, the rows that each column has nonzeros in.
std::array<std::uint8_t, 16> spread_columns(const std::array<std::uint16_t, 16>& rows);

}  // namespace coppice::kernels
