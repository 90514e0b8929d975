#include "kernels/cuda/packed_spmv/pack.h"

#include <map>
#include <random>
#include <stdexcept>

#include <gtest/gtest.h>

#include "kernels/cuda/bf16.h"

namespace coppice::kernels {
namespace {

SpmvTiling small_tiling() {
  SpmvTiling tiling;
  tiling.threads = 32;
  tiling.lanes = 16;  // two teams
  tiling.loads = 4;
  tiling.block_columns = 4;
  tiling.ranges = 1;
  tiling.most_sums = 8;
  return tiling;
}

/// Columns 0..3 | 4..5:
///   row 0:  1 2 . 3 | . .     three words and one that fills up
///   row 1:  . . . . | . .     nothing
///   row 2:  . 4 . . | 5 .     in both blocks: two partial sums
///   row 3:  . . . . | 6 7
Csr small_matrix() {
  Csr m;
  m.rows = 4;
  m.columns = 6;
  m.begin = {0, 3, 3, 5, 7};
  m.column = {0, 1, 3, 1, 4, 4, 5};
  m.value = {1, 2, 3, 4, 5, 6, 7};
  return m;
}

TEST(SpmvPack, SmallMatrixByHand) {
  const PackedSpmv p = pack_spmv(small_matrix(), SpmvFormat::kFp32, 1, small_tiling());
  EXPECT_EQ(p.ranges, 1);
  EXPECT_EQ(p.column_blocks, 2);
  EXPECT_EQ(p.groups, 4);
  EXPECT_EQ(p.sums, 2);
  // Block 0: rows 0 and 2 have a group each, row 1 none. Second round: one piece, dealt from the other end.
  // Block 1: rows 2 and 3.
  EXPECT_EQ(p.rounds, (std::vector<std::uint32_t>{2, 3}));
  const std::vector<std::uint32_t> begins = {0, 1, 2, 2, 2, 3, 4, 4, 4, 4, 4};
  const std::vector<std::uint32_t> targets = {0, kSpmvPartial, kSpmvNobody, 1, kSpmvPartial + 1, 3};
  ASSERT_EQ(p.pieces_per_range, 11);  // 3 rounds, 2 without work, and where the last ends
  ASSERT_EQ(p.pieces.size(), 11u);
  for (std::size_t i = 0; i < p.pieces.size(); ++i) {
    EXPECT_EQ(p.pieces[i].begin, begins[i]) << i;
    EXPECT_EQ(p.pieces[i].target, i < targets.size() ? targets[i] : kSpmvNobody) << i;
  }
  // Slot 4 holds 0.
  EXPECT_EQ(p.slots, (std::vector<std::uint16_t>{0, 1, 3, 4, 1, 4, 4, 4, 0, 4, 4, 4, 0, 1, 4, 4}));
  EXPECT_EQ(p.values, (std::vector<float>{1, 2, 3, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 7, 0, 0}));
  EXPECT_TRUE(p.words.empty());
  EXPECT_EQ(p.split_rows_from, (std::vector<std::uint32_t>{0, 1}));
  ASSERT_EQ(p.split_rows.size(), 1u);
  EXPECT_EQ(p.split_rows[0].row, 2u);
  EXPECT_EQ(p.split_rows[0].first, 0u);
  EXPECT_EQ(p.split_rows[0].last, 2u);
  // Groups of 24 bytes, 6 pieces of 8, 2 rounds, 1 split row of 12 and where the range's begin and end.
  EXPECT_EQ(p.bytes_read(), 4 * 24 + 6 * 8 + 2 * 4 + 12 + 2 * 4);
}

TEST(SpmvPack, Bf16WordsAndSlots) {
  const PackedSpmv p = pack_spmv(small_matrix(), SpmvFormat::kBf16, 1, small_tiling());
  // Columns 0 2 | 1 3 in slots 0 1 | 2 3: even ones first. 1.0f is 0x3f80 in bf16.
  ASSERT_EQ(p.words.size(), 16u);
  EXPECT_EQ(p.words[0], 0x3f800000u);
  EXPECT_EQ(p.words[1], 0x40000002u);
  EXPECT_EQ(p.words[2], 0x40400003u);
  EXPECT_EQ(p.words[3], 4u) << "0 times the slot that holds 0";
  EXPECT_EQ(p.words[12] & 0xffffu, 0u) << "column 4 is the second block's first";
  EXPECT_EQ(p.words[13], (std::uint32_t{to_bf16(7)} << 16) + 2);
  EXPECT_EQ(spmv_slot(SpmvFormat::kBf16, 65533, 65534), 65533u);
  EXPECT_EQ(spmv_slot(SpmvFormat::kBf16, 65532, 65534), 32766u);
  EXPECT_EQ(spmv_slot(SpmvFormat::kFp32, 65533, 65534), 65533u);
}

/// Any packed matrix turned back into rows.
std::vector<std::map<std::int64_t, float>> unpacked(const PackedSpmv& p, std::int64_t rows) {
  std::vector<std::map<std::int64_t, float>> result(static_cast<std::size_t>(rows));
  std::map<std::uint32_t, std::int64_t> column_of;
  const std::int64_t width = p.tiling.block_columns;
  for (std::int64_t c = 0; c < width; ++c) column_of[spmv_slot(p.format, c, width)] = c;
  EXPECT_EQ(std::ssize(column_of), width) << "slots are all different";
  for (std::int64_t r = 0; r < p.ranges; ++r) {
    std::map<std::uint32_t, std::uint32_t> row_of;
    for (auto s = p.split_rows_from[r]; s < p.split_rows_from[r + 1]; ++s) {
      for (auto sum = p.split_rows[s].first; sum < p.split_rows[s].last; ++sum) {
        row_of[sum] = p.split_rows[s].row;
      }
    }
    EXPECT_LE(std::ssize(row_of), p.tiling.most_sums);
    for (std::int64_t b = 0; b < p.column_blocks; ++b) {
      const std::int64_t teams = p.tiling.teams();
      const std::int64_t from = b == 0 ? 0 : p.rounds[r * p.column_blocks + b - 1] * teams;
      for (std::int64_t i = from; i < p.rounds[r * p.column_blocks + b] * teams; ++i) {
        const SpmvPiece *piece = &p.pieces[r * p.pieces_per_range + i], *next = piece + 1;
        if (piece->target == kSpmvNobody) {
          EXPECT_EQ(piece->begin, next->begin);
          continue;
        }
        const std::uint32_t row =
            piece->target < kSpmvPartial ? piece->target : row_of.at(piece->target - kSpmvPartial);
        for (std::int64_t w = piece->begin * 4L; w < next->begin * 4L; ++w) {
          const bool bf16 = p.format == SpmvFormat::kBf16;
          const std::uint32_t slot = bf16 ? p.words[w] & 0xffff : p.slots[w];
          const float value = bf16 ? from_bf16(static_cast<Bf16>(p.words[w] >> 16)) : p.values[w];
          if (slot == width) {
            EXPECT_EQ(value, 0);
            continue;
          }
          EXPECT_TRUE(result[row].emplace(b * width + column_of.at(slot), value).second);
        }
      }
    }
  }
  return result;
}

TEST(SpmvPack, NothingIsLostOrDoubled) {
  std::mt19937 random(3);
  const auto up_to = [&](std::uint32_t most) { return static_cast<std::int64_t>(random() % most); };
  for (int i = 0; i < 200; ++i) {
    Csr m;
    m.rows = 1 + up_to(60);
    m.columns = 1 + up_to(300);
    for (std::int64_t row = 0; row < m.rows; ++row) {
      const std::int64_t chance = up_to(11);
      for (std::int64_t c = 0; c < m.columns; ++c) {
        if (up_to(10) >= chance) continue;
        m.column.push_back(static_cast<std::int32_t>(c));
        m.value.push_back(static_cast<float>(1 + up_to(200)));  // exact in bf16
      }
      m.begin.push_back(m.nonzeros());
    }
    SpmvTiling t;
    t.threads = 32 * static_cast<int>(1 + up_to(3));
    t.lanes = 4 << up_to(4);
    t.loads = 4;
    t.block_columns = 2 * (1 + up_to(100));
    t.ranges = 1 + up_to(20);
    t.most_sums = (m.columns + t.block_columns - 1) / t.block_columns + 1 + up_to(20);
    const auto format = i % 2 ? SpmvFormat::kFp32 : SpmvFormat::kBf16;
    const PackedSpmv p = pack_spmv(m, format, 1 + up_to(8), t);
    const auto rows = unpacked(p, m.rows);
    for (std::int64_t row = 0; row < m.rows; ++row) {
      ASSERT_EQ(std::ssize(rows[row]), m.begin[row + 1] - m.begin[row]) << "row " << row;
      for (auto e = m.begin[row]; e < m.begin[row + 1]; ++e) {
        ASSERT_EQ(rows[row].at(m.column[e]), m.value[e]);
      }
    }
  }
}

TEST(SpmvPack, RangesHaveEqualWork) {
  Csr m;
  m.rows = 1000;
  m.columns = 1000;
  for (std::int64_t row = 0; row < m.rows; ++row) {  // ten times as many nonzeros in the first half
    for (std::int32_t c = 0; c < (row < 500 ? 1000 : 100); ++c) {
      m.column.push_back(c);
      m.value.push_back(1);
    }
    m.begin.push_back(m.nonzeros());
  }
  SpmvTiling t;
  t.block_columns = 1000;
  t.ranges = 8;
  t.most_sums = 4096;
  const PackedSpmv p = pack_spmv(m, SpmvFormat::kBf16, 1, t);
  ASSERT_EQ(p.ranges, 8);
  std::vector<double> work;  // 8 for a piece, and its groups
  for (std::int64_t r = 0; r < 8; ++r) {
    const SpmvPiece* pieces = &p.pieces[r * p.pieces_per_range];
    work.push_back(pieces[p.pieces_per_range - 1].begin - pieces->begin);
    for (std::int64_t i = 0; i < p.pieces_per_range; ++i) work[r] += pieces[i].target == kSpmvNobody ? 0 : 8;
  }
  for (const double one : work) EXPECT_NEAR(one, (500 * (250 + 8) + 500 * (25 + 8)) / 8, 258);
}

TEST(SpmvPack, ALongRowIsSharedByAllTeams) {
  Csr m;
  m.rows = 1;
  m.columns = 10000;
  for (std::int32_t c = 0; c < 10000; ++c) m.column.push_back(c), m.value.push_back(1);
  m.begin.push_back(10000);
  SpmvTiling t;
  t.threads = 512;
  t.lanes = 8;
  t.block_columns = 10000;
  t.most_sums = 1000;
  const PackedSpmv p = pack_spmv(m, SpmvFormat::kBf16, 1, t);
  EXPECT_EQ(p.sums, 40) << "2500 groups in pieces of at most 8 loads of 8 lanes";
  EXPECT_EQ(p.rounds, (std::vector<std::uint32_t>{1}));
  t.most_sums = 11;
  EXPECT_LE(pack_spmv(m, SpmvFormat::kBf16, 1, t).sums, 11) << "no more sums than there is room for";
}

TEST(SpmvPack, RefusesWhatIsNoMatrixOrTiling) {
  const auto refused = [](const Csr& m, const SpmvTiling& t) {
    try {
      pack_spmv(m, SpmvFormat::kBf16, 1, t);
    } catch (const std::invalid_argument&) {
      return true;
    }
    return false;
  };
  const auto matrix = [](auto change) {
    Csr m = small_matrix();
    change(m);
    return m;
  };
  const auto tiling = [](auto change) {
    SpmvTiling t = small_tiling();
    change(t);
    return t;
  };
  EXPECT_FALSE(refused(small_matrix(), small_tiling()));
  EXPECT_TRUE(refused(Csr{}, small_tiling()));
  EXPECT_TRUE(refused(matrix([](Csr& m) { m.column[2] = 6; }), small_tiling()));
  EXPECT_TRUE(refused(matrix([](Csr& m) { m.column[0] = -1; }), small_tiling()));
  EXPECT_TRUE(refused(matrix([](Csr& m) { m.column[1] = 0; }), small_tiling())) << "twice in a row";
  EXPECT_TRUE(refused(matrix([](Csr& m) { m.begin[4] = 6; }), small_tiling()));
  EXPECT_TRUE(refused(matrix([](Csr& m) { m.begin[1] = 4; }), small_tiling()));
  EXPECT_TRUE(refused(matrix([](Csr& m) { m.begin.pop_back(); }), small_tiling()));
  EXPECT_TRUE(refused(small_matrix(), tiling([](SpmvTiling& t) { t.lanes = 2; })));
  EXPECT_TRUE(refused(small_matrix(), tiling([](SpmvTiling& t) { t.threads = 48; })));
  EXPECT_TRUE(refused(small_matrix(), tiling([](SpmvTiling& t) { t.block_columns = 3; })));
  EXPECT_TRUE(refused(small_matrix(), tiling([](SpmvTiling& t) { t.block_columns = 65536; })));
  EXPECT_TRUE(refused(small_matrix(), tiling([](SpmvTiling& t) { t.most_sums = 2; })));
  EXPECT_TRUE(refused(small_matrix(), tiling([](SpmvTiling& t) { t.ranges = 0; })));
  for (const std::int64_t images : {-1, 0, 9}) {
    EXPECT_THROW(pack_spmv(small_matrix(), SpmvFormat::kBf16, images, small_tiling()), std::invalid_argument);
  }
}

}  // namespace
}  // namespace coppice::kernels
