#include <algorithm>
#include <random>
#include <stdexcept>

#include <gtest/gtest.h>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/panel_mma/pack.h"

namespace coppice::kernels {
namespace {

/// row 0: 1 in column 0, 2 in column 9; row 1: 3 in column 9.
Csr small_matrix() {
  Csr m;
  m.rows = 2;
  m.columns = 10;
  m.begin = {0, 2, 3};
  m.column = {0, 9, 9};
  m.value = {1, 2, 3};
  return m;
}

TEST(PanelPack, SmallMatrixByHand) {
  const PackedPanels p = pack_panels(small_matrix(), PanelTiling{1, 16, 8, 1});
  ASSERT_EQ(p.work.size(), 1u);
  EXPECT_EQ(p.work[0].block, 0u);
  EXPECT_EQ(p.work[0].slices, 1u);
  EXPECT_EQ(p.work[0].list_columns, 8u);
  EXPECT_EQ(p.work[0].list, 0u);
  EXPECT_EQ(p.work[0].from, 0u);
  EXPECT_EQ(p.work[0].parts, 1u);
  EXPECT_EQ(p.partials, 0);
  EXPECT_EQ(p.lists, (std::vector<std::uint32_t>{0, 9, 0, 0, 0, 0, 0, 0})) << "of two residues";
  EXPECT_EQ(p.from, (std::vector<std::uint32_t>{0, 1, 1})) << "with one more, which the kernel asks for";
  // The two columns go to the two groups of eight of one block.
  ASSERT_EQ(p.places.size(), 3u * 16);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(p.places[i], i / 8) << "and fill them up";
  // The second column goes to another quarter of its eight than the first has: (0, 0) is the first of lane 0,
  // (0, 10) the fifth of lane 1, (1, 10) the fifth of lane 5.
  ASSERT_EQ(p.records.size(), 3u * 32);
  for (std::size_t lane = 0; lane < 32; ++lane) {
    const std::uint32_t begin = lane == 0 ? 0 : lane == 1 ? 1 : lane <= 5 ? 2 : 3;
    const std::uint32_t where = lane == 0 ? 0x80 : lane == 1 || lane == 5 ? 0xc0 : 0;
    const std::uint32_t value = lane < 3 ? to_bf16(static_cast<float>(lane + 1)) : 0;
    EXPECT_EQ(p.records[lane], begin << 24 | where << 16 | value) << lane;
  }
  EXPECT_EQ(p.bytes_read(), 4 * (96 + 8 + 3) + 48 + 32);
  // Two groups of eight rows in 16 pieces, a record, as if of four warps; and eight rows brought.
  EXPECT_EQ(panel_mma_block_costs(p), (std::vector<double>{4 * (2 * 16 + 4) + 2 * 8}));
  // Three slices of 8 rows of 32 bytes, and their lists; 16 rows of 16 sums and 8 between them.
  EXPECT_EQ(p.shared_bytes(), std::max(3 * 8 * (32 + 4), 16 * (16 + 8) * 4));
}

/// A packed matrix turned back into a dense one; nothing may be there twice.
std::vector<float> unpacked(const PackedPanels& p, const Csr& m) {
  std::vector<float> dense(static_cast<std::size_t>(m.rows * m.columns));
  std::vector<bool> met(p.records.size() / 32);
  for (const PanelWork& work : p.work) {
    for (std::size_t warp = 0; warp < static_cast<std::size_t>(p.tiling.warps); ++warp) {
      for (std::size_t s = 0; s < work.slices; ++s) {
        const std::size_t at = work.from + warp * (work.slices + 1) + s;
        for (std::size_t r = p.from[at]; r < p.from[at + 1]; ++r) {
          EXPECT_FALSE(met[r]);
          met[r] = true;
          for (std::size_t lane = 0; lane < 32; ++lane) {
            const std::uint32_t word = p.records[32 * r + lane];
            std::size_t from = word >> 24 & 31;
            for (const int shift : {20, 16}) {
              if ((word >> shift & 8) == 0) continue;
              const std::size_t bit = word >> shift & 7;
              const std::size_t row = lane / 4 + 8 * (bit / 2 % 2),
                                k = 2 * (lane % 4) + 8 * (bit / 4) + bit % 2;
              const std::size_t place = p.places[16 * r + k];
              EXPECT_LT(place, work.list_columns);
              const std::size_t column = p.lists[work.list + s * work.list_columns + place];
              const auto slot = (work.block * static_cast<std::size_t>(p.tiling.warps) + warp) * 16 + row;
              float& there = dense[p.rows.slots[slot].row * static_cast<std::size_t>(m.columns) + column];
              EXPECT_EQ(there, 0);
              there = from_bf16(static_cast<Bf16>(p.records[32 * r + from++] & 0xffff));
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(std::count(met.begin(), met.end(), false), kPanelRecordsAhead);
  return dense;
}

Csr random_matrix(std::int64_t rows, std::int64_t columns, std::mt19937& random) {
  std::vector<float> dense(static_cast<std::size_t>(rows * columns));
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto chance = static_cast<unsigned>(random() % 12);  // some rows are empty, some full
    for (std::int64_t c = 0; c < columns; ++c) {
      if (random() % 10 < (chance < 6 ? 0 : chance - 1))
        dense[static_cast<std::size_t>(row * columns + c)] = static_cast<float>(1 + random() % 200);
    }
  }
  return csr_from_dense(dense.data(), rows, columns);
}

TEST(PanelPack, NothingIsLostOrDoubled) {
  std::mt19937 random(3);
  int several_parts = 0;
  for (int i = 0; i < 150; ++i) {
    const Csr m = random_matrix(1 + random() % 90, 1 + random() % 400, random);
    PanelTiling tiling;
    tiling.warps = 1 + static_cast<int>(random() % 16);
    tiling.slice_columns = 8 * static_cast<int>(1 + random() % 32);
    tiling.parts = 1 + static_cast<int>(random() % 4);
    const PackedPanels p = pack_panels(m, tiling);
    ASSERT_EQ(unpacked(p, m), dense_from_csr(m)) << i;
    ASSERT_TRUE(std::is_sorted(p.costs.rbegin(), p.costs.rend())) << "the heaviest first";
    // Parts of a block have sums side by side.
    std::vector<bool> partials(static_cast<std::size_t>(p.partials));
    for (const PanelWork& work : p.work) {
      ASSERT_LE(work.list_columns, static_cast<std::uint32_t>(p.list_columns));
      ASSERT_LT(work.part, work.parts);
      ASSERT_EQ(work.list % 8, 0u);
      if (work.parts == 1) continue;
      ASSERT_FALSE(partials.at(work.partial + work.part));
      partials[work.partial + work.part] = true;
    }
    EXPECT_EQ(std::count(partials.begin(), partials.end(), false), 0);
    several_parts += p.partials > 0;
  }
  EXPECT_GT(several_parts, 50);
}

TEST(PanelPack, BlocksWithoutNonzerosHaveNoSlices) {
  Csr m;
  m.rows = 40;
  m.columns = 5;
  m.begin.assign(41, 0);
  const PackedPanels p = pack_panels(m, PanelTiling{1, 64, 256, 3});
  ASSERT_EQ(p.work.size(), 3u);
  for (const PanelWork& work : p.work) {
    EXPECT_EQ(work.slices, 0u);
    EXPECT_EQ(work.parts, 1u);
  }
  EXPECT_EQ(p.rows.rows.size(), 40u) << "their outputs are bias and residual";
}

TEST(PanelPack, RefusesWhatIsNone) {
  const Csr good = small_matrix();
  const auto refused = [](Csr m, const PanelTiling& tiling) {
    try {
      pack_panels(m, tiling);
    } catch (const std::invalid_argument&) {
      return true;
    }
    return false;
  };
  EXPECT_FALSE(refused(good, {1, 16, 8, 1}));
  EXPECT_TRUE(refused(good, {0, 16, 8, 1}));
  EXPECT_TRUE(refused(good, {17, 16, 8, 1}));
  EXPECT_TRUE(refused(good, {1, 32, 8, 1}));
  EXPECT_TRUE(refused(good, {1, 16, 12, 1}));
  EXPECT_TRUE(refused(good, {1, 16, 264, 1}));
  EXPECT_TRUE(refused(good, {1, 16, 8, 0}));
  Csr m = good;
  m.column[1] = 10;
  EXPECT_TRUE(refused(m, {1, 16, 8, 1})) << "a column that is not there";
  m = good;
  std::swap(m.column[0], m.column[1]);
  EXPECT_TRUE(refused(m, {1, 16, 8, 1})) << "columns that fall";
  m = good;
  m.begin[1] = 4;
  EXPECT_TRUE(refused(m, {1, 16, 8, 1}));
  EXPECT_TRUE(refused(Csr{}, {1, 16, 8, 1}));
}

TEST(PanelPack, SizesThatIndicesDoNotCount) {
  const PanelTiling tiling;
  EXPECT_EQ(panel_size_refusal(8192, 8192, 8192 * 8192, tiling), "");
  EXPECT_EQ(panel_size_refusal(100003, 1000, 1, tiling), "");
  EXPECT_NE(panel_size_refusal(std::int64_t{1} << 31, 1, 1, tiling), "");
  EXPECT_NE(panel_size_refusal(1, std::int64_t{1} << 31, 1, tiling), "");
  EXPECT_NE(panel_size_refusal(1 << 20, 1 << 20, std::int64_t{1} << 32, tiling), "");
  EXPECT_NE(panel_size_refusal(1 << 24, 1 << 24, 1, tiling), "") << "each block of rows lists its columns";
}

}  // namespace
}  // namespace coppice::kernels
