#include <map>
#include <random>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/scatter_mma/pack.h"

namespace coppice::kernels {
namespace {

ScatterTiling small_tiling() {
  ScatterTiling tiling;
  tiling.row_tiles = 1;
  tiling.warps = tiling.teams = 1;
  tiling.stages = 2;
  tiling.stage_groups = 10;
  tiling.multiprocessors = 1;
  return tiling;
}

/// Columns 0 and 9 and 69 of 70, rows 0 and 1:
///   1 2 .
///   3 . 4
Csr small_matrix() {
  Csr m;
  m.rows = 2;
  m.columns = 70;
  m.begin = {0, 2, 4};
  m.column = {0, 9, 0, 69};
  m.value = {1, 2, 3, 4};
  return m;
}

TEST(ScatterPack, PlacesAvoidBanks) {
  EXPECT_EQ(scatter_place(0, 0), 0u);
  EXPECT_EQ(scatter_place(0, 9), 18u);
  EXPECT_EQ(scatter_place(1, 0), 144u) << "the second chunk of the second row";
  EXPECT_EQ(scatter_place(9, 63), 9 * 128 + 6 * 16 + 14u);
  std::set<std::uint32_t> places, banks;
  for (std::uint32_t row = 0; row < 64; ++row) {
    for (std::uint32_t column = 0; column < 64; ++column) places.insert(scatter_place(row, column));
  }
  EXPECT_EQ(places.size(), 4096u);
  EXPECT_EQ(*places.rbegin(), 8190u) << "a tile of 64 rows, and 16 bits count it";
  for (std::uint32_t row = 8; row < 16; ++row) banks.insert(scatter_place(row, 24) / 16 % 8);
  EXPECT_EQ(banks.size(), 8u) << "of eight rows' chunks";
}

TEST(ScatterPack, SmallMatrixByHand) {
  const PackedScatter p = pack_scatter(small_matrix(), 9, false, RowOrder::kAsTheyCome, small_tiling());
  EXPECT_EQ(p.padded_images, 16);
  EXPECT_EQ(p.rows.blocks, 1);
  ASSERT_EQ(p.slices.size(), 3u);
  EXPECT_EQ(p.slices[0].begin, 0u);
  EXPECT_EQ(p.slices[0].column, 0u);
  EXPECT_EQ(p.slices[1].begin, 2u) << "a header and a group";
  EXPECT_EQ(p.slices[1].column, 64u);
  EXPECT_EQ(p.slices[2].begin, 4u);
  // 1, 2, 3, 4 in bf16: 3f80, 4000, 4040, 4080. Of bank 4 there are two, so one of them comes first; what
  // fills up is the group's first once more.
  EXPECT_EQ(p.words, (std::vector<std::uint32_t>{1 | 2 << 16, 0, 0, 0, 0x40000000u | 18, 0x3f800000u,
                                                 0x40400000u | 144,
                                                 0x40000000u | 18,  //
                                                 1 | 2 << 16, 0, 0, 0, 0x40800000u | 154, 0x40800000u | 154,
                                                 0x40800000u | 154, 0x40800000u | 154}));
  EXPECT_TRUE(p.columns.empty());
  ASSERT_EQ(p.parts.size(), 1u);
  EXPECT_EQ(p.parts[0].first, 0u);
  EXPECT_EQ(p.parts[0].end, 2u);
  EXPECT_EQ(p.parts[0].parts, 1u);
  EXPECT_EQ(p.partials, 0);
  ASSERT_EQ(p.starts.size(), 2u) << "a stage is brought at first";
  EXPECT_EQ(p.starts[0].begin, 0u);
  EXPECT_EQ(p.starts[1].begin, 2u);
  EXPECT_EQ(p.bytes_read(), 16 * 4 + 3 * 8 + 24 + 2 * 8);
}

TEST(ScatterPack, ImagesLastListsTheColumnsInUse) {
  const PackedScatter p = pack_scatter(small_matrix(), 9, true, RowOrder::kBalanced, small_tiling());
  ASSERT_EQ(p.slices.size(), 2u) << "three columns, one slice";
  ASSERT_EQ(p.columns.size(), 64u);
  EXPECT_EQ(p.columns[0], 0u);
  EXPECT_EQ(p.columns[1], 9u);
  EXPECT_EQ(p.columns[2], 69u);
  for (std::size_t i = 3; i < 64; ++i) EXPECT_EQ(p.columns[i], kScatterNoColumn);
  std::set<std::uint32_t> places;
  for (std::size_t i = 4; i < 8; ++i) places.insert(p.words[i] & 0xffff);
  EXPECT_EQ(places, (std::set<std::uint32_t>{0, 2, 144, 148}));
}

TEST(ScatterPack, SizesOfSharedMemory) {
  ScatterTiling tiling;
  tiling.warps = 8;  // 256 rows
  tiling.teams = 1;
  tiling.stages = 3;
  tiling.stage_groups = 100;
  EXPECT_EQ(tiling.header_groups(), 2) << "nine times 16 bits";
  EXPECT_EQ(scatter_x_bytes(16, true), 64 * 32);
  EXPECT_EQ(scatter_x_bytes(48, true), 64 * 128) << "rows of 96 bytes would share banks";
  EXPECT_EQ(scatter_x_bytes(48, false), 48 * 128);
  EXPECT_EQ(scatter_stage_bytes(tiling, 16, false), 16 * 128 + 1664) << "of whole 128 bytes";
  EXPECT_EQ(scatter_flag(tiling, 16, false), 256 * 128 + 3 * (2048 + 1664));
  EXPECT_EQ(scatter_shared_bytes(tiling, 64, false), 256 * 68 * 4 + 16) << "sums take more";
  tiling.teams = 2;  // have all of that twice
  EXPECT_EQ(scatter_flag(tiling, 16, false), 2 * (256 * 128 + 3 * (2048 + 1664)));
  EXPECT_EQ(scatter_flag(tiling, 64, false), 2 * 256 * 68 * 4);
  EXPECT_EQ(scatter_partial_bytes(tiling, 32, 5), 5 * 256 * 32 * 4);
  EXPECT_THROW(scatter_padded_images(8), std::invalid_argument);
  EXPECT_THROW(scatter_padded_images(65), std::invalid_argument);
}

using Rows = std::vector<std::map<std::int64_t, float>>;

/// What a list of words has put into the tile of a warp.
void unpack_list(const PackedScatter& p, std::uint32_t slice, const RowSlot* slots, std::int64_t begin,
                 std::int64_t end, Rows& result) {
  for (std::int64_t group = begin; group < end; ++group) {
    std::set<std::uint32_t> seen;
    for (std::int64_t i = 0; i < 4; ++i) {
      const std::uint32_t word = p.words[static_cast<std::size_t>(4 * group + i)];
      if (!seen.insert(word).second) continue;  // fills up
      const std::uint32_t place = word & 0xffff, row = place / 128;
      const std::uint32_t at = (place / 16 % 8 ^ row % 8) * 8 + place / 2 % 8;
      const std::int64_t column = p.images_last ? p.columns[slice * 64 + at] : p.slices[slice].column + at;
      const float value = from_bf16(static_cast<Bf16>(word >> 16));
      EXPECT_TRUE(result[slots[row].row].emplace(column, value).second);
    }
  }
}

Rows unpacked(const PackedScatter& p, std::int64_t rows) {
  Rows result(static_cast<std::size_t>(rows));
  std::vector<int> used(p.slices.size() - 1);
  std::map<std::uint32_t, std::uint32_t> parts;
  EXPECT_EQ(std::ssize(p.starts), std::ssize(p.parts) * p.starts_of_part());
  const ScatterSlice* start = p.starts.data();
  for (const ScatterPart& part : p.parts) {
    for (std::int64_t i = 0; i < p.starts_of_part(); ++i, ++start) {
      const ScatterSlice& slice = p.slices[std::min<std::int64_t>(part.first + i, part.end)];
      EXPECT_EQ(start->begin, slice.begin);
      EXPECT_EQ(start->column, slice.column);
    }
    EXPECT_LT(part.part, part.parts);
    EXPECT_LE(part.parts > 1 ? part.first_partial + part.parts : 0, p.partials);
    parts[part.row_block] += part.parts == 1 ? 1 : 1000 / part.parts;
    for (std::uint32_t slice = part.first; slice < part.end; ++slice) {
      ++used[slice];
      EXPECT_LE(p.slice_groups(slice), p.tiling.stage_groups);
      const std::int64_t from = p.slices[slice].begin;
      const auto header = [&](int i) {
        return p.words[static_cast<std::size_t>(4 * from + i / 2)] >> i % 2 * 16 & 0xffff;
      };
      EXPECT_EQ(header(0), p.tiling.header_groups());
      EXPECT_EQ(header(p.tiling.warps), p.slice_groups(slice));
      for (int warp = 0; warp < p.tiling.warps; ++warp) {
        const RowSlot* const slots =
            &p.rows.slots[part.row_block * p.rows.block_slots() + warp * p.tiling.warp_rows()];
        unpack_list(p, slice, slots, from + header(warp), from + header(warp + 1), result);
      }
    }
  }
  for (const int times : used) EXPECT_EQ(times, 1);
  EXPECT_EQ(std::ssize(parts), p.rows.blocks);
  return result;
}

TEST(ScatterPack, NothingIsLostOrDoubled) {
  std::mt19937 random(3);
  const auto up_to = [&](std::uint32_t most) { return static_cast<std::int64_t>(random() % most); };
  int cut = 0, shared = 0;
  for (int i = 0; i < 200; ++i) {
    Csr m;
    m.rows = 1 + up_to(150);
    m.columns = 1 + up_to(500);
    for (std::int64_t row = 0; row < m.rows; ++row) {
      const std::int64_t chance = up_to(11);
      for (std::int64_t c = 0; c < m.columns; ++c) {
        if (up_to(10) >= chance) continue;
        m.column.push_back(static_cast<std::int32_t>(c));
        m.value.push_back(static_cast<float>(1 + up_to(200)));  // exact in bf16
      }
      m.begin.push_back(m.nonzeros());
    }
    ScatterTiling t;
    t.row_tiles = 1 << up_to(3);
    t.warps = 1 + static_cast<int>(up_to(4));
    t.teams = 1 + static_cast<int>(up_to(2));
    t.stage_groups = t.header_groups() + t.warps + up_to(i % 2 ? 3000 : 50);
    t.multiprocessors = 1 + static_cast<int>(up_to(20));
    t.parts = up_to(40);
    const RowOrder order = up_to(2) ? RowOrder::kBalanced : RowOrder::kAsTheyCome;
    const PackedScatter p = pack_scatter(m, 9 + up_to(56), up_to(2), order, t);
    shared += p.partials > 0;
    cut += std::ssize(p.slices) - 1 > p.rows.blocks * ((m.columns + 63) / 64);
    const Rows rows = unpacked(p, m.rows);
    for (std::int64_t row = 0; row < m.rows; ++row) {
      ASSERT_EQ(std::ssize(rows[row]), m.begin[row + 1] - m.begin[row]) << "row " << row;
      for (auto e = m.begin[row]; e < m.begin[row + 1]; ++e) ASSERT_EQ(rows[row].at(m.column[e]), m.value[e]);
    }
  }
  EXPECT_GT(cut, 50);
  EXPECT_GT(shared, 50);
}

TEST(ScatterPack, RefusesWhatIsNoMatrix) {
  const auto refused = [](auto change) {
    Csr m = small_matrix();
    change(m);
    try {
      pack_scatter(m, 9, false, RowOrder::kAsTheyCome, small_tiling());
    } catch (const std::invalid_argument&) {
      return true;
    }
    return false;
  };
  EXPECT_FALSE(refused([](Csr&) {}));
  EXPECT_TRUE(refused([](Csr& m) { m = {}; }));
  EXPECT_TRUE(refused([](Csr& m) { m.column[1] = 70; }));
  EXPECT_TRUE(refused([](Csr& m) { m.column[0] = -1; }));
  EXPECT_TRUE(refused([](Csr& m) { m.column[1] = 0; })) << "twice in a row";
  EXPECT_TRUE(refused([](Csr& m) { m.begin[2] = 3; }));
  EXPECT_TRUE(refused([](Csr& m) { m.begin.pop_back(); }));
  EXPECT_EQ(scatter_size_refusal(1, 1, std::int64_t{1} << 31), "2^31 nonzeros, or more");
  EXPECT_EQ(scatter_size_refusal(1, (std::int64_t{1} << 31) - 1, (std::int64_t{1} << 31) - 1), "");
}

}  // namespace
}  // namespace coppice::kernels
