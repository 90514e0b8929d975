#include "kernels/cuda/panel_mma/records.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

namespace coppice::kernels {

namespace {

constexpr int kMostOfALane = 2, kMostOfAll = 32;

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
    more = false;
    for (std::size_t lane = 0; lane < 32; ++lane) {
      record[lane] |= static_cast<std::uint32_t>(next % 32) << 24;
      int bit = 20;
      for (unsigned rest = chosen[lane]; rest != 0; rest &= rest - 1, bit -= 4) {
        const auto place = static_cast<std::uint32_t>(std::countr_zero(rest));
        record[lane] |= (place | 8u) << bit;
        record[next++] |= block.values[lane][place];
      }
      left[lane] = static_cast<std::uint8_t>(left[lane] & ~unsigned{chosen[lane]});
      more = more || left[lane] != 0;
    }
    for (std::uint32_t& word : record) word |= std::uint32_t{more} << 31;
    records.push_back(record);
  }
  return records;
}

std::array<std::uint8_t, 16> spread_columns(const std::array<std::uint16_t, 16>& rows) {
  std::array<std::array<int, 8>, 4> counts = {};  // of lane 4 row + quarter
  std::array<std::uint8_t, 16> result;
  for (std::size_t half = 0; half < 2; ++half) {
    std::array<std::size_t, 8> order;
    std::iota(order.begin(), order.end(), 8 * half);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::popcount(rows[a]) > std::popcount(rows[b]);
    });
    std::array<std::size_t, 4> filled = {};
    for (const std::size_t column : order) {
      const auto added = [&](std::size_t row) {
        return (rows[column] >> row & 1) + (rows[column] >> (row + 8) & 1);
      };
      int least = std::numeric_limits<int>::max();
      std::size_t best = 0;
      for (std::size_t quarter = 0; quarter < 4; ++quarter) {
        if (filled[quarter] == 2) continue;
        int cost = 0;  // values beyond two, and then lanes that have some
        for (std::size_t row = 0; row < 8; ++row) {
          if (added(row) == 0) continue;
          cost +=
              64 * std::clamp(counts[quarter][row] + added(row) - 2, 0, added(row)) + counts[quarter][row];
        }
        if (cost < least) least = cost, best = quarter;
      }
      for (std::size_t row = 0; row < 8; ++row) counts[best][row] += added(row);
      result[column] = static_cast<std::uint8_t>(8 * half + 2 * best + filled[best]++);
    }
  }
  return result;
}

}  // namespace coppice::kernels
