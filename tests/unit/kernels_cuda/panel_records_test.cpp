#include <algorithm>
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
      const unsigned mask = record[lane] >> 16 & 0xff;
      std::size_t from = record[lane] >> 24 & 31;
      EXPECT_LE(std::popcount(mask), static_cast<int>(record[lane] >> 29 & 3) + 1);
      for (std::size_t at = 8; at-- > 0;) {
        if ((mask >> at & 1) == 0) continue;
        EXPECT_EQ(block.present[lane] >> at & 1, 0) << "twice";
        block.present[lane] = static_cast<std::uint8_t>(block.present[lane] | 1u << at);
        block.values[lane][at] = static_cast<Bf16>(record[from++] & 0xffff);
      }
      EXPECT_LE(from, 32u);
    }
  }
  return block;
}

TEST(PanelRecords, OneByHand) {
  PanelBlock block;
  block.put(0, 0, 0x1111);   // lane 0, its first value
  block.put(8, 9, 0x2222);   // lane 0: column / 8, row / 8, column % 2: its last
  block.put(3, 5, 0x3333);   // lane 14, its second
  block.put(15, 7, 0x4444);  // lane 31: row / 8, column % 2
  const std::vector<PanelRecord> records = panel_records(block);
  ASSERT_EQ(records.size(), 1u);
  const std::uint32_t most_is_two = 1u << 29;
  PanelRecord want;
  for (std::size_t lane = 0; lane < 32; ++lane) {
    const std::uint32_t begin = lane == 0 ? 0 : lane <= 14 ? 2 : lane <= 31 ? 3 : 4;
    want[lane] = most_is_two | begin << 24;
  }
  want[0] |= 0x81u << 16 | 0x2222;
  want[1] |= 0x1111;
  want[2] |= 0x3333;
  want[3] |= 0x4444;
  want[14] |= 0x02u << 16;
  want[31] |= 0x08u << 16;
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
    EXPECT_GE(std::ssize(records), std::max({1, (values + 31) / 32, (most_of_a_lane + 3) / 4}));
    if (most_of_a_lane <= 4) {
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

}  // namespace
}  // namespace coppice::kernels
