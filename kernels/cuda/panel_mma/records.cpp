#include "kernels/cuda/panel_mma/records.h"

#include <algorithm>
#include <bit>

namespace coppice::kernels {

namespace {

constexpr int kMostOfALane = 4, kMostOfAll = 32;

using Masks = std::array<std::uint8_t, 32>;

unsigned lowest(unsigned mask) { return mask & (~mask + 1); }

/// A value of every lane in turn, until the record is full.
Masks choose(const Masks& left) {
  Masks chosen = {};
  int room = kMostOfAll;
  for (int round = 0; round < kMostOfALane; ++round) {
    for (std::size_t lane = 0; lane < 32 && room > 0; ++lane) {
      const unsigned others = left[lane] & ~unsigned{chosen[lane]};
      if (others == 0) continue;
      chosen[lane] = static_cast<std::uint8_t>(chosen[lane] | lowest(others));
      --room;
    }
  }
  return chosen;
}

}  // namespace

void PanelBlock::put(int row, int column, Bf16 value) {
  const auto lane = static_cast<std::size_t>(4 * (row % 8) + column % 8 / 2);
  const auto at = static_cast<std::size_t>(4 * (column / 8) + 2 * (row / 8) + column % 2);
  values[lane][at] = value;
  present[lane] = static_cast<std::uint8_t>(present[lane] | 1u << at);
}

std::vector<PanelRecord> panel_records(const PanelBlock& block) {
  std::vector<PanelRecord> records;
  Masks left = block.present;
  bool more = true;
  while (more) {
    const Masks chosen = choose(left);
    PanelRecord record = {};
    std::size_t next = 0;
    int most = 1;
    more = false;
    for (std::size_t lane = 0; lane < 32; ++lane) {
      record[lane] |= std::uint32_t{chosen[lane]} << 16 | static_cast<std::uint32_t>(next % 32) << 24;
      for (std::size_t at = 8; at-- > 0;) {
        if (chosen[lane] >> at & 1) record[next++] |= block.values[lane][at];
      }
      most = std::max(most, std::popcount(chosen[lane]));
      left[lane] = static_cast<std::uint8_t>(left[lane] & ~unsigned{chosen[lane]});
      more = more || left[lane] != 0;
    }
    for (std::uint32_t& word : record) {
      word |= static_cast<std::uint32_t>(most - 1) << 29 | std::uint32_t{more} << 31;
    }
    records.push_back(record);
  }
  return records;
}

}  // namespace coppice::kernels
