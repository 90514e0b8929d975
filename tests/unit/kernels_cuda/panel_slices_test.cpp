#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "kernels/cuda/panel_mma/slices.h"

namespace coppice::kernels {
namespace {

/// Columns of which each panel has so many in the mean.
std::vector<PanelColumn> random_columns(int count, int panels, double share, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> chance(0, 1);
  std::vector<PanelColumn> columns;
  for (int i = 0; i < count; ++i) {
    PanelColumn column{static_cast<std::uint32_t>(3 * i), 0};
    for (int panel = 0; panel < panels; ++panel)
      column.panels |= std::uint32_t{chance(random) < share} << panel;
    if (column.panels == 0) column.panels = 1u << random() % static_cast<unsigned>(panels);
    columns.push_back(column);
  }
  return columns;
}

/// [bin][panel]
std::map<std::pair<std::uint32_t, int>, int> counts_of(const std::vector<PanelColumn>& columns, int panels,
                                                       const std::vector<std::uint32_t>& bins) {
  std::map<std::pair<std::uint32_t, int>, int> counts;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (int panel = 0; panel < panels; ++panel) counts[{bins[i], panel}] += columns[i].panels >> panel & 1;
  }
  return counts;
}

TEST(PanelSlices, DealtByHand) {
  // The column of both panels comes first, then those of one where their panel has none yet.
  const std::vector<PanelColumn> columns = {{0, 1}, {1, 2}, {2, 3}, {3, 1}};
  EXPECT_EQ(deal_columns(columns, 2, 2, 2), (std::vector<std::uint32_t>{1, 1, 0, 0}));
}

TEST(PanelSlices, DealtEvenlyToEveryPanel) {
  const std::vector<PanelColumn> columns = random_columns(8000, 16, 0.28, 1);
  const auto bins = deal_columns(columns, 16, 32, 256);
  int least = 1000, most = 0;
  std::map<std::uint32_t, int> filled;
  for (const std::uint32_t bin : bins) ++filled[bin];
  for (const auto& [bin, count] : filled) EXPECT_LE(count, 256) << bin;
  for (const auto& [where, count] : counts_of(columns, 16, bins)) {
    least = std::min(least, count);
    most = std::max(most, count);
  }
  EXPECT_LE(most - least, 12) << "by chance it would be 60";
}

TEST(PanelSlices, EveryColumnHasItsPlace) {
  for (const int count : {1, 7, 8, 9, 300, 2049, 9000}) {
    for (const std::int64_t most : {8, 128, 256}) {
      const std::vector<PanelColumn> columns = random_columns(count, 8, 0.1, static_cast<unsigned>(count));
      const PanelSlices slices = panel_slices(columns, 8, most);
      EXPECT_LE(slices.list_columns, most);
      EXPECT_EQ(slices.list_columns % 8, 0);
      ASSERT_EQ(std::ssize(slices.lists), slices.slices * slices.list_columns);
      ASSERT_EQ(slices.place.size(), columns.size());
      std::set<std::uint32_t> places;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        ASSERT_LT(slices.place[i], slices.lists.size());
        EXPECT_EQ(slices.lists[slices.place[i]], columns[i].column);
        EXPECT_TRUE(places.insert(slices.place[i]).second);
      }
      for (const std::uint32_t column : slices.lists) EXPECT_EQ(column % 3, 0u) << "a column of the block";
      // No more than half as many again as needed, and rounding to eights.
      EXPECT_LE(slices.slices * slices.list_columns, 3 * count / 2 + 8 * slices.slices + most);
    }
  }
}

/// As many of each residue as there are groups of eight rows that are read at once, or hardly more.
TEST(PanelSlices, ResiduesAreEvenInEveryPanel) {
  const std::vector<PanelColumn> columns = random_columns(4000, 16, 0.28, 3);
  const PanelSlices slices = panel_slices(columns, 16, 256);
  std::int64_t groups = 0, excess = 0;
  for (int panel = 0; panel < 16; ++panel) {
    std::map<std::int64_t, std::array<int, 8>> residues;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].panels >> panel & 1) {
        const std::int64_t slice = slices.place[i] / slices.list_columns;
        ++residues[slice][slices.place[i] % slices.list_columns % 8];
      }
    }
    for (const auto& [slice, counts] : residues) {
      int all = 0;
      for (const int count : counts) all += count;
      const int here = (all + 15) / 16 * 2;
      groups += here;
      for (const int count : counts) excess += std::max(0, count - here);
    }
  }
  EXPECT_LE(excess, groups / 20) << "rows read in a second access";
}

/// Of 4 to 6 slices: where more leave so much less padding that their barriers are worth it.
TEST(PanelSlices, AsManyAsLeaveLittlePadding) {
  std::vector<PanelColumn> columns;
  for (std::uint32_t i = 0; i < 1024; ++i) columns.push_back({i, i < 240 ? 0xffffu : 1u << i % 16});
  // 240 + 49 columns a panel: in 4 slices 73 + 1 -> 80, in 5 58 + 1 -> 64, in 6 49 + 1 -> 64.
  const PanelSlices slices = panel_slices(columns, 16, 256);
  EXPECT_EQ(slices.slices, 4) << "4 x (16 x 5 + 6) < 5 x (16 x 4 + 6) < 6 x ...";
  for (PanelColumn& c : columns) c.panels = c.column < 200 ? 0xffffu : 1u << c.column % 16;
  // 200 + 51.5: in 4 slices 63 + 1 -> 64 or, where there are 52, 63 + 1 -> 64; in 5 50.4 + 1 -> 64.
  EXPECT_EQ(panel_slices(columns, 16, 256).slices, 4);
  for (PanelColumn& c : columns) c.panels = c.column < 220 ? 0xffffu : 1u << c.column % 16;
  // 220 + 50: in 4 slices 68 + 1 -> 80: 344; in 5 54 + 1 -> 64: 350; in 6 45 + 1 -> 48: 324.
  EXPECT_EQ(panel_slices(columns, 16, 256).slices, 6);
}

TEST(PanelSlices, NoneWithoutColumns) {
  const PanelSlices slices = panel_slices({}, 4, 64);
  EXPECT_EQ(slices.slices, 0);
  EXPECT_EQ(slices.list_columns, 0);
  EXPECT_TRUE(slices.lists.empty());
}

}  // namespace
}  // namespace coppice::kernels
