#include "measure/displace.h"

#include "gtest/gtest.h"
#include "measure/caches.h"

namespace coppice {
namespace {

TEST(CacheDisplacer, ReadsMoreThanTheLastLevelHolds) {
  for (const int threads : {1, 3}) {
    const CacheDisplacer displacer(threads);
    const std::int64_t last = data_caches().levels.back().capacity(threads);
    EXPECT_GT(displacer.bytes(), last);
    EXPECT_LT(displacer.bytes(), 2 * last);
    EXPECT_EQ(displacer.bytes() % threads, 0);
    displacer.displace();
  }
}

}  // namespace
}  // namespace coppice
