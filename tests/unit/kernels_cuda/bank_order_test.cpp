#include "kernels/cuda/packing/bank_order.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace coppice::kernels {
namespace {

TEST(BankOrderTest, OrderAvoidsBankConflicts) {
  // 8 images in bf16: 16 bytes a column, 8 banks of 16 bytes for 8 lanes.
  BankOrder order(banks_for(16));
  EXPECT_EQ(order.banks(), 8);
  std::vector<PackedEntry> entries;
  for (std::uint32_t i = 0; i < 64; ++i) {
    entries.push_back({i / 8 + i % 8 * 8, static_cast<float>(i), i / 8});
  }
  const auto worst = [&] {  // the most entries of one bank, summed over windows
    int sum = 0;
    for (std::size_t at = 0; at < entries.size(); at += 8) {
      int count[8] = {}, most = 0;
      for (std::size_t i = at; i < at + 8; ++i) most = std::max(most, ++count[entries[i].bank]);
      sum += most;
    }
    return sum;
  };
  EXPECT_EQ(worst(), 64) << "as they come, each eight share a bank";
  order.arrange(entries, 8, 0);
  EXPECT_EQ(worst(), 8) << "none has to wait";
  std::map<std::uint32_t, float> all;
  for (const PackedEntry& e : entries) all[e.place] = e.value;
  EXPECT_EQ(all.size(), 64u);

  std::mt19937 random(1);  // as matrices are
  int before = 0, after = 0;
  for (int i = 0; i < 50; ++i) {
    for (PackedEntry& e : entries) e.place = random() % 4096, e.bank = e.place % 8;
    before += worst();
    order.arrange(entries, 8, 0);
    after += worst();
  }
  EXPECT_GT(before, 50 * 8 * 2.2);
  EXPECT_LT(after, 50 * 8 * 1.7);
  EXPECT_EQ(banks_for(2), 32);
  EXPECT_EQ(banks_for(8), 16);
  EXPECT_EQ(banks_for(32), 8) << "two planes of 16 bytes";
}

TEST(BankOrderTest, TeamsOfAWarpKeepToBanksOfTheirOwn) {
  BankOrder order(banks_for(4));  // 32 banks for the 4 teams of 8 lanes together
  std::mt19937 random(2);
  int waits = 0;
  for (int i = 0; i < 20; ++i) {
    std::vector<PackedEntry> teams[4];
    for (int team = 0; team < 4; ++team) {
      for (int e = 0; e < 512; ++e) {
        const auto place = static_cast<std::uint32_t>(random() % 4096);
        teams[team].push_back({place, 1, place % 32});
      }
      order.arrange(teams[team], 8, team);
    }
    for (std::size_t at = 0; at < 512; at += 8) {
      int count[32] = {}, most = 0;
      for (const auto& team : teams) {
        for (std::size_t e = at; e < at + 8; ++e) most = std::max(most, ++count[team[e].bank]);
      }
      waits += most;
    }
  }
  EXPECT_LT(waits, 20 * 64 * 1.6) << "3.5 as they come";
}

TEST(BankOrderTest, PositionsFollowTheLanes) {
  // 3 groups, 2 lanes: first words of groups 0 and 1, their second ones, ...; then group 2 alone.
  const std::vector<std::int64_t> want = {0, 4, 1, 5, 2, 6, 3, 7, 8, 9, 10, 11};
  for (std::int64_t i = 0; i < 12; ++i) EXPECT_EQ(packed_position(i, 3, 2), want[i]) << i;
}

}  // namespace
}  // namespace coppice::kernels
