#include "kernels/cpu/bandwidth/bandwidth.h"

#include <new>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cpu/clock/clock.h"

namespace coppice::kernels {
namespace {

struct alignas(64) Line {
  std::uint64_t words[8];
};

TEST(Bandwidth, EveryWordIsReadInEveryRound) {
  for (const Isa level : {Isa::kV2, Isa::kV3, Isa::kV4}) {
    if (level > isa()) continue;
    for (const std::size_t units : {1U, 2U, 7U}) {
      std::vector<Line> lines(units * kReadUnit / sizeof(Line));
      // Squares from 1: no word can stand in for another. Words behind the end must not count.
      std::uint64_t word = 0, sum = 0;
      for (Line& line : lines) {
        for (std::uint64_t& value : line.words) ++word, value = word * word, sum += value;
      }
      const auto bytes = static_cast<std::int64_t>(units) * kReadUnit;
      EXPECT_EQ(read_sum(lines.data(), bytes, 1, level), sum) << isa_name(level) << ' ' << units;
      EXPECT_EQ(read_sum(lines.data(), bytes, 3, level), 3 * sum) << isa_name(level) << ' ' << units;
      EXPECT_EQ(read_sum(lines.data(), bytes, 0, level), 0U);
      EXPECT_EQ(read_sum(lines.data(), kReadUnit, 1, level), 64U * 65 * 129 / 6);
    }
  }
}

TEST(Bandwidth, FlushingLeavesTheContentAlone) {
  std::vector<Line> lines(kReadUnit / sizeof(Line), Line{{1, 2, 3, 4, 5, 6, 7, 8}});
  flush_from_caches(lines.data(), kReadUnit);
  EXPECT_EQ(read_sum(lines.data(), kReadUnit, 1), 8U * 36);
}

TEST(Clock, ARoundIsAHundredAndTwentyEightCycles) {
  EXPECT_EQ(chain_burst(0), 0.0);
  EXPECT_EQ(chain_burst(10), 1280.0);
}

}  // namespace
}  // namespace coppice::kernels
