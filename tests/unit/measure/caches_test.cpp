#include "measure/caches.h"

#include <fstream>

#include "gtest/gtest.h"
#include "measure/bandwidth.h"
#include "support/scratch.h"

namespace coppice {
namespace {

void add_cache(const Scratch& root, int index, const char* level, const char* type, const char* size,
               const char* shared) {
  const auto folder = root.folder() / "sys/devices/system/cpu/cpu0/cache" / ("index" + std::to_string(index));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "level") << level << '\n';
  std::ofstream(folder / "type") << type << '\n';
  std::ofstream(folder / "size") << size << '\n';
  std::ofstream(folder / "shared_cpu_list") << shared << '\n';
}

TEST(Caches, DataCachesWithTheCoresThatShareThem) {
  const Scratch root;  // two hardware threads a core, four cores a third level
  add_cache(root, 0, "1", "Data", "48K", "0,16");
  add_cache(root, 1, "1", "Instruction", "64K", "0,16");
  add_cache(root, 3, "3", "Unified", "32M", "0-3,16-19");
  add_cache(root, 2, "2", "Unified", "2048K", "0,16");
  const Caches caches = data_caches(root.folder());
  EXPECT_FALSE(caches.assumed);
  EXPECT_EQ(caches.levels, (std::vector<CacheLevel>{{1, 48 << 10, 1}, {2, 2 << 20, 1}, {3, 32 << 20, 4}}));
  EXPECT_EQ(caches.levels[1].capacity(6), 12 << 20);
  EXPECT_EQ(caches.levels[2].capacity(4), 32 << 20);
  EXPECT_EQ(caches.levels[2].capacity(5), 64 << 20);
}

TEST(Caches, AMachineThatDoesNotSayGetsCommonSizes) {
  const Scratch root;
  EXPECT_TRUE(data_caches(root.folder()).assumed);
  add_cache(root, 0, "1", "Data", "plenty", "0");
  add_cache(root, 1, "", "Unified", "1M", "");
  const Caches caches = data_caches(root.folder());
  EXPECT_TRUE(caches.assumed);
  ASSERT_EQ(caches.levels.size(), 3U);
  EXPECT_EQ(caches.levels[2].capacity(64), 16 << 20);  // one for all
}

constexpr std::int64_t kMiB = 1 << 20;

TEST(BufferPlan, EachFitsItsLevelAndNotTheOneBelow) {
  const auto plans =
      plan_buffers({{1, 48 << 10, 1}, {2, 2 * kMiB, 1}, {3, 480 * kMiB, 4}}, 4, 256 * kMiB, true);
  ASSERT_EQ(plans.size(), 4U);
  EXPECT_EQ(plans[0].thread_bytes, 24 << 10);      // half of 48 KiB
  EXPECT_EQ(plans[1].thread_bytes, 8 * 48 << 10);  // less than half of 2 MiB
  EXPECT_EQ(plans[2].thread_bytes, 16 * kMiB);     // 8 x 2 MiB, less than half of 480 / 4
  EXPECT_EQ(plans[3].thread_bytes, 64 * kMiB);     // all there may be
  const double bytes[] = {4 * 48 << 10, 8 * kMiB, 480 * kMiB, 0};
  const char* names[] = {"L1", "L2", "L3", "DRAM"};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(plans[i].level.name, names[i]);
    EXPECT_EQ(plans[i].level.bytes, bytes[i]);
    EXPECT_TRUE(plans[i].level.separated) << i;
    EXPECT_EQ(plans[i].shared, i >= 2) << i;
    EXPECT_EQ(plans[i].flush, i == 3) << i;
  }
}

TEST(BufferPlan, SaysWhatCannotBeSeparated) {
  // A last level so large that only flushing leads past it.
  const auto large =
      plan_buffers({{1, 48 << 10, 1}, {2, 2 * kMiB, 1}, {3, 480 * kMiB, 4}}, 4, 256 * kMiB, false);
  EXPECT_TRUE(large[2].level.separated);
  EXPECT_FALSE(large[3].level.separated);
  // Eight threads share 16 MiB: 1 MiB for each, half of it is no more than their own second level.
  const auto small = plan_buffers({{1, 32 << 10, 1}, {2, kMiB, 1}, {3, 8 * kMiB, 8}}, 8, 256 * kMiB, false);
  EXPECT_EQ(small[2].thread_bytes, kMiB / 2);
  EXPECT_FALSE(small[2].level.separated);
  EXPECT_TRUE(small[3].level.separated);  // 32 MiB each against 1
  const auto alone = plan_buffers({{1, 32 << 10, 1}}, 1, 256 * kMiB, true);
  EXPECT_FALSE(alone[0].shared || alone[1].shared);
}

}  // namespace
}  // namespace coppice
