#include "kernels/cuda/row_plan/row_plan.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

namespace coppice::kernels {
namespace {

/// Rows with so many nonzeros each, in the first columns.
Csr rows_of(const std::vector<std::int64_t>& lengths) {
  Csr matrix;
  matrix.rows = std::ssize(lengths);
  matrix.columns = lengths.empty() ? 0 : *std::max_element(lengths.begin(), lengths.end());
  for (const std::int64_t length : lengths) {
    for (std::int64_t i = 0; i < length; ++i) {
      matrix.column.push_back(static_cast<std::int32_t>(i));
      matrix.value.push_back(1);
    }
    matrix.begin.push_back(matrix.nonzeros());
  }
  return matrix;
}

std::vector<std::int64_t> team_loads(const RowPlan& plan, const Csr& matrix) {
  std::vector<std::int64_t> loads(static_cast<std::size_t>(plan.blocks * plan.teams));
  for (std::size_t i = 0; i < plan.slots.size(); ++i) {
    loads[i / static_cast<std::size_t>(plan.team_rows)] += plan.nonzeros(matrix, plan.slots[i]);
  }
  return loads;
}

std::vector<std::int64_t> block_loads(const RowPlan& plan, const Csr& matrix) {
  const std::vector<std::int64_t> teams = team_loads(plan, matrix);
  std::vector<std::int64_t> loads(static_cast<std::size_t>(plan.blocks));
  for (std::size_t i = 0; i < teams.size(); ++i) loads[i / static_cast<std::size_t>(plan.teams)] += teams[i];
  return loads;
}

/// Every nonzero in exactly one slot; every row finished once, from exactly its slots, pieces in order.
void expect_whole(const RowPlan& plan, const Csr& matrix) {
  const auto per_block = static_cast<std::size_t>(plan.block_slots());
  ASSERT_EQ(plan.slots.size(), per_block * static_cast<std::size_t>(plan.blocks));
  ASSERT_EQ(plan.row_slots.size(), plan.slots.size());
  ASSERT_EQ(std::ssize(plan.rows_from), plan.blocks + 1);
  ASSERT_EQ(std::ssize(plan.rows), matrix.rows);
  std::vector<int> met(static_cast<std::size_t>(matrix.nonzeros()), 0);
  for (const RowSlot& slot : plan.slots) {
    std::int64_t count = 0;
    for_each_nonzero(matrix, slot, [&](std::int64_t i) {
      ++met[static_cast<std::size_t>(i)];
      ++count;
    });
    EXPECT_EQ(count, plan.nonzeros(matrix, slot));
  }
  EXPECT_TRUE(std::all_of(met.begin(), met.end(), [](int times) { return times == 1; }));
  std::set<std::uint32_t> finished;
  for (std::size_t block = 0; block < static_cast<std::size_t>(plan.blocks); ++block) {
    for (std::uint32_t r = plan.rows_from[block]; r < plan.rows_from[block + 1]; ++r) {
      const PlannedRow& row = plan.rows[r];
      EXPECT_TRUE(finished.insert(row.row).second) << row.row;
      ASSERT_LT(row.first, row.last);
      for (std::uint32_t s = row.first; s < row.last; ++s) {
        const RowSlot& slot = plan.slots[block * per_block + plan.row_slots[block * per_block + s]];
        EXPECT_EQ(slot.row, row.row);
        EXPECT_EQ(slot.piece, s - row.first);
        EXPECT_EQ(slot.pieces, slot.pieces == 0 ? 0u : static_cast<std::uint32_t>(row.last - row.first));
      }
    }
  }
  EXPECT_EQ(std::ssize(finished), matrix.rows);
}

TEST(RowPlan, KeepsTheOrderOfEqualRowsAndPutsEmptyOnesLast) {
  const Csr matrix = rows_of({2, 0, 2, 2, 0, 2});
  const RowPlan plan = plan_rows(matrix, 2, 2, RowOrder::kAsTheyCome);
  ASSERT_NO_FATAL_FAILURE(expect_whole(plan, matrix));
  ASSERT_EQ(plan.blocks, 2);
  const std::uint32_t rows[] = {0, 2, 3, 5, 1, 4};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(plan.slots[i].row, rows[i]) << i;
  EXPECT_EQ(block_loads(plan, matrix), (std::vector<std::int64_t>{8, 0}));
  EXPECT_EQ(plan.slots[3].pieces, 1u);
  EXPECT_EQ(plan.slots[4].pieces, 0u);
}

TEST(RowPlan, DealsUnequalRowsOut) {
  const Csr matrix = rows_of({8, 8, 1, 1, 1, 1, 8, 8});
  for (const RowOrder order : {RowOrder::kAsTheyCome, RowOrder::kBalanced}) {
    const RowPlan plan = plan_rows(matrix, 2, 2, order);
    ASSERT_NO_FATAL_FAILURE(expect_whole(plan, matrix));
    EXPECT_EQ(team_loads(plan, matrix), (std::vector<std::int64_t>{9, 9, 9, 9}));
  }
}

TEST(RowPlan, CutsLongRowsIntoStridedPieces) {
  std::vector<std::int64_t> lengths(15, 8);
  lengths.push_back(100);
  const Csr matrix = rows_of(lengths);  // mean 13.75, so pieces have at most 14 x 8 / 4 = 28
  const RowPlan plan = plan_rows(matrix, 8, 4, RowOrder::kBalanced);
  ASSERT_NO_FATAL_FAILURE(expect_whole(plan, matrix));
  std::vector<std::int64_t> pieces;
  for (const RowSlot& slot : plan.slots) {
    if (slot.pieces != 4) continue;
    EXPECT_EQ(slot.row, 15u);
    for_each_nonzero(matrix, slot, [&](std::int64_t i) { EXPECT_EQ((i - 120) % 4, slot.piece); });
    pieces.push_back(plan.nonzeros(matrix, slot));
  }
  EXPECT_EQ(pieces, (std::vector<std::int64_t>{25, 25, 25, 25}));
  const std::vector<std::int64_t> loads = team_loads(plan, matrix);
  EXPECT_LE(*std::max_element(loads.begin(), loads.end()), 57) << "a quarter of 220, and a row's";
}

TEST(RowPlan, NoPiecesThatHalfABlockCannotHold) {
  std::vector<std::int64_t> lengths(20, 1);
  lengths[7] = 10000;
  const Csr matrix = rows_of(lengths);
  const RowPlan plan = plan_rows(matrix, 4, 2, RowOrder::kBalanced);
  ASSERT_NO_FATAL_FAILURE(expect_whole(plan, matrix));
  const auto longest = std::max_element(plan.slots.begin(), plan.slots.end(),
                                        [](const auto& a, const auto& b) { return a.pieces < b.pieces; });
  EXPECT_EQ(longest->pieces, 4u);
}

TEST(RowPlan, ManyRowsThatEachWantHalfABlock) {
  const Csr matrix = rows_of({500, 500, 500, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  const RowPlan plan = plan_rows(matrix, 3, 3, RowOrder::kBalanced);
  ASSERT_NO_FATAL_FAILURE(expect_whole(plan, matrix));
}

TEST(RowPlan, NothingAndLittle) {
  for (const std::vector<std::int64_t>& lengths :
       {std::vector<std::int64_t>{}, {0}, {1}, {0, 0, 0, 0, 0}, {5, 0}, {0, 5}}) {
    for (const RowOrder order : {RowOrder::kAsTheyCome, RowOrder::kBalanced}) {
      const Csr matrix = rows_of(lengths);
      const RowPlan plan = plan_rows(matrix, 2, 2, order);
      ASSERT_NO_FATAL_FAILURE(expect_whole(plan, matrix));
      EXPECT_EQ(plan.blocks, (matrix.rows + 3) / 4);
    }
  }
}

TEST(RowPlan, SkewedMasksAreSharedOutEvenly) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> chance(0.001, 1);
  std::vector<std::int64_t> power(4096), one_full(4096, 80);
  for (std::int64_t& length : power)
    length = static_cast<std::int64_t>(std::min(4096.0, 20 / chance(random)));
  one_full[100] = 4096;
  for (const auto& lengths : {power, one_full}) {
    const Csr matrix = rows_of(lengths);
    for (const auto& [rows, teams] : {std::pair{16, 8}, {16, 16}, {32, 8}}) {
      const RowPlan plan = plan_rows(matrix, rows, teams, RowOrder::kBalanced);
      ASSERT_NO_FATAL_FAILURE(expect_whole(plan, matrix));
      const std::vector<std::int64_t> loads = team_loads(plan, matrix);
      const double mean = static_cast<double>(matrix.nonzeros()) / static_cast<double>(loads.size());
      EXPECT_LE(static_cast<double>(*std::max_element(loads.begin(), loads.end())), 1.3 * mean);
    }
  }
}

TEST(RowPlan, RandomRows) {
  std::mt19937 random(8);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::int64_t> lengths(random() % 60);
    const unsigned most = static_cast<unsigned>(1 + random() % 200);
    for (std::int64_t& length : lengths) length = random() % 3 ? random() % most / 8 : random() % most;
    const Csr matrix = rows_of(lengths);
    const RowPlan plan =
        plan_rows(matrix, static_cast<int>(1 + random() % 8), static_cast<int>(1 + random() % 5),
                  random() % 2 ? RowOrder::kBalanced : RowOrder::kAsTheyCome);
    ASSERT_NO_FATAL_FAILURE(expect_whole(plan, matrix));
  }
}

TEST(RowPlan, HeaviestBlocksFirst) {
  std::mt19937 random(9);
  for (int i = 0; i < 50; ++i) {
    std::vector<std::int64_t> lengths(1 + random() % 60);
    for (std::int64_t& length : lengths) length = random() % 3 ? random() % 9 : random() % 90;
    const Csr matrix = rows_of(lengths);
    const RowPlan plan = plan_rows(matrix, static_cast<int>(1 + random() % 8),
                                   static_cast<int>(1 + random() % 5), RowOrder::kAsTheyCome);
    const RowPlan sorted = heaviest_first(plan, matrix);
    ASSERT_NO_FATAL_FAILURE(expect_whole(sorted, matrix));
    std::vector<std::int64_t> before = block_loads(plan, matrix);
    std::sort(before.rbegin(), before.rend());
    ASSERT_EQ(block_loads(sorted, matrix), before);
  }
}

TEST(RowPlan, ShapesThatCannotBe) {
  const Csr matrix = rows_of({1, 2});
  EXPECT_THROW(plan_rows(matrix, 0, 4, RowOrder::kBalanced), std::invalid_argument);
  EXPECT_THROW(plan_rows(matrix, 4, 0, RowOrder::kBalanced), std::invalid_argument);
  EXPECT_THROW(plan_rows(matrix, 1024, 64, RowOrder::kBalanced), std::invalid_argument);
}

TEST(Makespan, BlocksInTheirOrder) {
  EXPECT_EQ(makespan({}, 3), 0);
  EXPECT_EQ(makespan({5, 1, 1, 1}, 1), 8);
  EXPECT_EQ(makespan({5, 1, 1, 1}, 2), 5);
  EXPECT_EQ(makespan({1, 1, 1, 5}, 2), 6);  // the long one comes last
  EXPECT_EQ(makespan({2, 3}, 9), 3);
}

}  // namespace
}  // namespace coppice::kernels
