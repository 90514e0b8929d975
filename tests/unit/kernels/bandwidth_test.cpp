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
      std::vector<Line> lines((units + 1) * kReadUnit / sizeof(Line));
      const auto bytes = static_cast<std::int64_t>(units) * kReadUnit;
      // Each word has a bit pattern of its own; those behind the end must not count.
      std::uint64_t word = 0, expected = 0;
      for (std::size_t i = 0; i < lines.size(); ++i) {
        for (std::uint64_t& value : lines[i].words) {
          value = ++word * 0x9e3779b97f4a7c15u;
          if (i < units * kReadUnit / sizeof(Line)) expected ^= value;
        }
      }
      EXPECT_EQ(read_xor(lines.data(), bytes, 1, level), expected) << isa_name(level) << ' ' << units;
      EXPECT_EQ(read_xor(lines.data(), bytes, 2, level), 0U) << isa_name(level) << ' ' << units;
      EXPECT_EQ(read_xor(lines.data(), bytes, 3, level), expected) << isa_name(level) << ' ' << units;
      EXPECT_EQ(read_xor(lines.data(), bytes, 0, level), 0U);
    }
  }
}

TEST(Bandwidth, FlushingLeavesTheContentAlone) {
  std::vector<Line> lines(kReadUnit / sizeof(Line));
  lines[0].words[3] = 5;
  flush_from_caches(lines.data(), kReadUnit);
  EXPECT_EQ(read_xor(lines.data(), kReadUnit, 1), 5U);
}

TEST(Clock, ARoundIsAHundredAndTwentyEightCycles) {
  EXPECT_EQ(chain_burst(0), 0.0);
  EXPECT_EQ(chain_burst(10), 1280.0);
}

}  // namespace
}  // namespace coppice::kernels
