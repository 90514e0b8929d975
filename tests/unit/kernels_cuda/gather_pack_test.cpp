#include <bit>
#include <map>
#include <random>
#include <stdexcept>

#include <gtest/gtest.h>

#include "kernels/cuda/gather_fma/pack.h"

namespace coppice::kernels {
namespace {

using Words = std::vector<std::uint32_t>;

std::uint32_t bits(float value) { return std::bit_cast<std::uint32_t>(value); }

Csr matrix(std::int64_t columns, std::vector<std::map<int, float>> rows) {
  Csr m;
  m.rows = static_cast<std::int64_t>(rows.size());
  m.columns = columns;
  for (const auto& row : rows) {
    for (const auto& [column, value] : row) {
      m.column.push_back(column);
      m.value.push_back(value);
    }
    m.begin.push_back(m.nonzeros());
  }
  return m;
}

/// Columns . 1 . . 4 . 6 are used, in slices of two: 1 4 | 6.
Csr small_matrix() { return matrix(7, {{{1, 1}, {4, 2}, {6, 3}}, {}, {{4, 4}}}); }

TEST(GatherPack, SmallMatrixByHand) {
  const PackedGather p = pack_gather(small_matrix(), {2, 4, 1, 2, 2, 20});
  EXPECT_EQ(p.plan.blocks, 1);
  EXPECT_EQ(p.order, (Words{0}));
  EXPECT_EQ(p.slices_from, (Words{0, 2}));
  ASSERT_EQ(p.columns.size(), 3u + 64) << "and 32 a warp that are read and not used";
  EXPECT_EQ(Words(p.columns.begin(), p.columns.begin() + 3), (Words{1, 4, 6}));
  // Row 0 is the first warp's, row 2, with fewer nonzeros, the second's; row 1 has none.
  ASSERT_EQ(p.slices.size(), 4u);
  const Words columns = {0, 2, 3, 3}, vectors = {0, 7, 13, 13};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(p.slices[i].columns, columns[i]);
    EXPECT_EQ(p.slices[i].vectors, vectors[i]);
  }
  const std::vector<Words> want = {{1, 3, 0, 0},              // where the warps' streams begin
                                   {2, 0, 0, 0},              // row 0 has two entries,
                                   {bits(1), 0, bits(2), 1},  // in places 0 and 1;
                                   {1, 0, 0, 0},              // row 2 one,
                                   {bits(4), 1, 0, 0},        // in place 1
                                   {0, 0, 0, 0},              // read, not used
                                   {0, 0, 0, 0},
                                   {1, 3, 0, 0},  // the slice of column 6, in which row 2 has nothing
                                   {1, 0, 0, 0},
                                   {bits(3), 0, 0, 0},
                                   {0, 0, 0, 0},
                                   {0, 0, 0, 0},
                                   {0, 0, 0, 0}};
  ASSERT_EQ(p.entries.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(Words(std::begin(p.entries[i].words), std::end(p.entries[i].words)), want[i]) << i;
  }
}

TEST(GatherPack, SlicesOfManyEntriesHaveFewerColumns) {
  // Eight full rows of six columns; room for a vector a row, that is two columns.
  Csr full = matrix(
      6, std::vector<std::map<int, float>>(8, {{0, 1.f}, {1, 1.f}, {2, 1.f}, {3, 1.f}, {4, 1.f}, {5, 1.f}}));
  GatherTiling tiling{2, 4, 1, 2, 32, 0};
  tiling.slice_vectors = gather_least_vectors(tiling);
  EXPECT_EQ(tiling.slice_vectors, 1 + 2 + 8 + 2);
  EXPECT_EQ(pack_gather(full, tiling).slices_from, (Words{0, 3}));
  tiling.slice_vectors += 7;
  EXPECT_EQ(pack_gather(full, tiling).slices_from, (Words{0, 3})) << "one vector short of two a row";
  tiling.slice_vectors += 1;
  EXPECT_EQ(pack_gather(full, tiling).slices_from, (Words{0, 2}));
  tiling.slice_columns = 1;
  EXPECT_EQ(pack_gather(full, tiling).slices_from, (Words{0, 6}));
}

TEST(GatherPack, OnlyUsedColumnsAreListedAndTheHeaviestBlocksBegin) {
  Csr m;
  m.rows = 24;
  m.columns = 1000;
  for (std::int64_t row = 0; row < 24; ++row) {  // rows of 1 to 12 nonzeros, half of them empty
    for (std::int64_t i = 0; i < (row % 2 ? row / 2 + 1 : 0); ++i) {
      m.column.push_back(static_cast<std::int32_t>(80 * i + 3));
      m.value.push_back(1);
    }
    m.begin.push_back(m.nonzeros());
  }
  const PackedGather p = pack_gather(m, {1, 4, 1, 2, 5, 40});
  EXPECT_EQ(p.plan.blocks, 6);
  std::vector<std::int64_t> nonzeros;
  for (const std::uint32_t block : p.order) {
    nonzeros.push_back(0);
    for (std::size_t i = 4 * block; i < 4 * block + 4; ++i)
      nonzeros.back() += p.plan.nonzeros(m, p.plan.slots[i]);
    EXPECT_EQ(nonzeros.back() == 0, p.slices_from[block] == p.slices_from[block + 1]);
  }
  EXPECT_GT(nonzeros[0], 0);
  EXPECT_EQ(nonzeros[3] + nonzeros[4] + nonzeros[5], 0) << "nothing is brought for rows without nonzeros";
  for (std::size_t i = 0; i + 64 < p.columns.size(); ++i) EXPECT_EQ(p.columns[i] % 80, 3u);
}

/// Read back as the kernel does.
Csr unpacked(const PackedGather& p, std::int64_t rows, std::int64_t columns) {
  std::vector<std::map<int, float>> found(static_cast<std::size_t>(rows));
  const auto warp_rows = static_cast<std::size_t>(p.tiling.warp_rows);
  for (std::size_t block = 0; block + 1 < p.slices_from.size(); ++block) {
    for (std::size_t s = p.slices_from[block]; s < p.slices_from[block + 1]; ++s) {
      const auto word = [&](std::size_t i) { return p.entries.at(p.slices[s].vectors + i / 4).words[i % 4]; };
      EXPECT_LE(p.slices[s + 1].columns - p.slices[s].columns,
                static_cast<std::uint32_t>(p.tiling.slice_columns));
      EXPECT_LE(p.slices[s + 1].vectors - p.slices[s].vectors,
                static_cast<std::uint32_t>(p.tiling.slice_vectors));
      for (std::size_t warp = 0; warp < static_cast<std::size_t>(p.tiling.warps); ++warp) {
        const std::size_t counts = 4 * word(warp);
        std::size_t at = counts + (warp_rows + 15) / 16 * 4;
        for (std::size_t row = 0; row < warp_rows; ++row) {
          const std::uint32_t count = word(counts + row / 4) >> row % 4 * 8 & 0xffu;
          const RowSlot& slot =
              p.plan.slots[(block * static_cast<std::size_t>(p.tiling.warps) + warp) * warp_rows + row];
          for (std::uint32_t i = 0; i < count; ++i, at += 2) {
            const auto column = static_cast<int>(p.columns.at(p.slices[s].columns + word(at + 1)));
            EXPECT_TRUE(found[slot.row].emplace(column, std::bit_cast<float>(word(at))).second);
          }
          at += count % 2 * 2;
        }
        EXPECT_LE(at / 4 + 2, p.slices[s + 1].vectors - p.slices[s].vectors) << "two behind the last";
      }
    }
  }
  return matrix(columns, found);
}

TEST(GatherPack, KeepsEveryNonzeroOfRandomMatrices) {
  std::mt19937 random(3);
  for (int round = 0; round < 60; ++round) {
    const auto columns = static_cast<std::int64_t>(1 + random() % 90);
    std::vector<std::map<int, float>> rows(1 + random() % 90);
    for (auto& row : rows) {
      const unsigned dense = random() % 8 ? 1 + random() % 4 : 1;
      for (int c = 0; c < columns; ++c) {
        if (random() % 8 < dense) row[c] = static_cast<float>(random() % 1000) + 1;
      }
    }
    const Csr m = matrix(columns, rows);
    GatherTiling tiling{1 << random() % 3, 4 << random() % 3, 1, 2, static_cast<int>(1 + random() % 32), 0};
    tiling.slice_vectors = gather_least_vectors(tiling) + static_cast<int>(random() % 50);
    const Csr back = unpacked(pack_gather(m, tiling), m.rows, columns);
    ASSERT_EQ(back.begin, m.begin);
    ASSERT_EQ(back.column, m.column);
    ASSERT_EQ(back.value, m.value);
  }
}

TEST(GatherPack, SharedMemoryHoldsTheStagesOrTheSums) {
  EXPECT_EQ(gather_shared_bytes({8, 16, 4, 2, 64, 700}), 2 * (64 * 512 + 700 * 16));
  EXPECT_EQ(gather_shared_bytes({8, 16, 4, 3, 64, 700}), 3 * (64 * 512 + 700 * 16));
  EXPECT_EQ(gather_shared_bytes({8, 16, 4, 2, 1, 155}), 128 * 512);
}

TEST(GatherPack, SizesBeyondThirtyTwoBits) {
  EXPECT_EQ(gather_size_refusal(100, 100, 1000, 64), "");
  EXPECT_EQ(gather_size_refusal(std::int64_t{1} << 31, 100, 1000, 64), "2^31 rows or columns, or more");
  EXPECT_EQ(gather_size_refusal(100, std::int64_t{1} << 31, 1000, 64), "2^31 rows or columns, or more");
  EXPECT_EQ(gather_size_refusal(1 << 20, 1 << 20, std::int64_t{1} << 31, 64), "2^31 nonzeros or more");
  EXPECT_EQ(gather_size_refusal(1 << 20, 100, 1000, 1 << 20), "2^31 blocks of threads or more");
}

}  // namespace
}  // namespace coppice::kernels
