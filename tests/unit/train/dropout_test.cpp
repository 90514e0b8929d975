#include "train/dropout.h"

#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace coppice {
namespace {

std::vector<float> factors(std::uint64_t seed, std::uint64_t level, std::int64_t step,
                           const std::string& node) {
  std::vector<float> values(10'000);
  dropout_factors(seed, level, step, node, 0.25, values);
  return values;
}

TEST(Dropout, DropsTheShareAskedAndScalesTheRest) {
  int dropped = 0;
  for (const float factor : factors(1, 0, 0, "drop")) {
    ASSERT_TRUE(factor == 0 || factor == static_cast<float>(1 / 0.75)) << factor;
    dropped += factor == 0;
  }
  EXPECT_NEAR(dropped, 2500, 6 * 43.3);  // six standard deviations of a binomial
}

TEST(Dropout, IsAPureFunctionOfSeedLevelStepAndNode) {
  const std::vector<float> base = factors(1, 2, 3, "a");
  EXPECT_EQ(factors(1, 2, 3, "a"), base);
  const std::set<std::vector<float>> all = {base, factors(2, 2, 3, "a"), factors(1, 3, 3, "a"),
                                            factors(1, 2, 4, "a"), factors(1, 2, 3, "b")};
  EXPECT_EQ(all.size(), 5u);
}

}  // namespace
}  // namespace coppice
