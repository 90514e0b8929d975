#include <algorithm>
#include <array>
#include <bit>
#include <random>

#include <gtest/gtest.h>

#include "kernels/cuda/panel_mma/records.h"

namespace coppice::kernels {
namespace {

/// What the lanes of a warp make of records: the block's values, as often as they are there.
PanelBlock read_back(const std::vector<PanelRecord>& records) {
  PanelBlock block;
  for (const PanelRecord& record : records) {
    for (std::size_t lane = 0; lane < 32; ++lane) {
      std::size_t from = record[lane] >> 24 & 31;
      for (const int bit : {20, 16}) {
        if ((record[lane] >> bit & 8) == 0) continue;
        const std::size_t at = record[lane] >> bit & 7;
        EXPECT_EQ(block.present[lane] >> at & 1, 0) << "twice";
        block.present[lane] = static_cast<std::uint8_t>(block.present[lane] | 1u << at);
        EXPECT_LT(from, 32u);
        block.values[lane][at] = static_cast<Bf16>(record[from++] & 0xffff);
      }
    }
  }
  return block;
}

TEST(PanelRecords, OneByHand) {
  PanelBlock block;
  block.put(0, 0, 0x1111);   // lane 0, its first place
  block.put(8, 9, 0x2222);   // lane 0: column / 8, row / 8, column % 2: its last
  block.put(3, 5, 0x3333);   // lane 14, its second
  block.put(15, 7, 0x4444);  // lane 31: row / 8, column % 2: its fourth
  const std::vector<PanelRecord> records = panel_records(block);
  ASSERT_EQ(records.size(), 1u);
  PanelRecord want;
  for (std::size_t lane = 0; lane < 32; ++lane) want[lane] = (lane == 0 ? 0u : lane <= 14 ? 2u : 3u) << 24;
  want[0] |= 0x8u << 20 | 0xfu << 16 | 0x1111;
  want[1] |= 0x2222;
  want[2] |= 0x3333;
  want[3] |= 0x4444;
  want[14] |= 0x9u << 20;
  want[31] |= 0xbu << 20;
  EXPECT_EQ(records.front(), want);
}

/// The order of lanes and registers is that of mma_bf16, where A's rows are lane / 4 + 8 (i % 2) and its
/// columns 2 (lane % 4) + 8 (i / 2) and the next.
TEST(PanelRecords, EveryPlaceIsItsOwn) {
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 16; ++column) {
      PanelBlock block;
      block.put(row, column, 7);
      int found = 0;
      for (int lane = 0; lane < 32; ++lane) {
        for (int i = 0; i < 4; ++i) {
          for (int e = 0; e < 2; ++e) {
            const bool here = row == lane / 4 + 8 * (i % 2) && column == 2 * (lane % 4) + 8 * (i / 2) + e;
            const auto at = static_cast<std::size_t>(2 * i + e);
            EXPECT_EQ(block.present[static_cast<std::size_t>(lane)] >> at & 1, here);
            EXPECT_EQ(block.values[static_cast<std::size_t>(lane)][at], here ? 7 : 0);
            found += here;
          }
        }
      }
      EXPECT_EQ(found, 1);
    }
  }
}

TEST(PanelRecords, AnyNumberOfValues) {
  std::mt19937 random(1);
  for (int count = 0; count <= 256; ++count) {
    PanelBlock block;
    for (int i = 0; i < count; ++i) {
      // Of 256 all; else some twice, and all in few rows now and then.
      const int place = count == 256 ? i : static_cast<int>(random() % (count % 3 ? 256 : 64));
      block.put(place / 16, place % 16, static_cast<Bf16>(i + 1));
    }
    const std::vector<PanelRecord> records = panel_records(block);
    const PanelBlock got = read_back(records);
    EXPECT_EQ(got.present, block.present);
    EXPECT_EQ(got.values, block.values);
    int values = 0, most_of_a_lane = 0;
    for (const std::uint8_t mask : block.present) {
      values += std::popcount(mask);
      most_of_a_lane = std::max(most_of_a_lane, std::popcount(mask));
    }
    EXPECT_GE(std::ssize(records), std::max({1, (values + 31) / 32, (most_of_a_lane + 1) / 2}));
    if (most_of_a_lane <= 2) {
      EXPECT_EQ(std::ssize(records), std::max(1, (values + 31) / 32)) << values;
    }
    for (std::size_t r = 0; r < records.size(); ++r) {
      for (const std::uint32_t word : records[r]) EXPECT_EQ(word >> 31, r + 1 < records.size());
    }
  }
}

TEST(PanelRecords, AFullBlockTakesEight) {
  PanelBlock block;
  for (int i = 0; i < 256; ++i) block.put(i / 16, i % 16, 1);
  EXPECT_EQ(panel_records(block).size(), 8u);
}

TEST(PanelRecords, SpreadColumnsByHand) {
  // Columns 0 to 2 have a value in row 0, or in row 8, which are the same lanes': two of them go together,
  // and column 8, of row 0 too, to none of those.
  std::array<std::uint16_t, 16> rows = {1, 1 << 8, 1};
  rows[8] = 1;
  const std::array<std::uint8_t, 16> at = spread_columns(rows);
  std::array<int, 4> of_quarter = {};
  for (const std::size_t column : {0, 1, 2, 8}) ++of_quarter[at[column] % 8 / 2];
  EXPECT_EQ(of_quarter, (std::array<int, 4>{1, 1, 1, 1}));
}

/// Columns keep to their half, each has a place of its own, and lanes with more than two values are few:
/// without changes they would be in a third of such blocks.
TEST(PanelRecords, SpreadColumnsLeaveFewLanesWithMoreThanTwo) {
  std::mt19937 random(4);
  int crowded = 0;
  for (int i = 0; i < 1000; ++i) {
    std::array<std::uint16_t, 16> rows = {};
    for (int value = 0; value < 18; ++value) {
      auto& column = rows[random() % 16];
      column = static_cast<std::uint16_t>(column | 1u << random() % 16);
    }
    const std::array<std::uint8_t, 16> at = spread_columns(rows);
    PanelBlock block;
    unsigned places = 0;
    for (std::size_t column = 0; column < 16; ++column) {
      EXPECT_EQ(at[column] / 8, column / 8);
      places |= 1u << at[column];
      for (int row = 0; row < 16; ++row) {
        if (rows[column] >> row & 1) block.put(row, at[column], 1);
      }
    }
    EXPECT_EQ(places, 0xffffu);
    crowded += panel_records(block).size() > 1;
  }
  EXPECT_LE(crowded, 50);
}

}  // namespace
}  // namespace coppice::kernels
