#include "sparse/survey.h"

#include <gtest/gtest.h>

namespace coppice {
namespace {

TimedWay timed(const std::string& kernel, bool sparse, double seconds) {
  TimedWay one;
  one.way.kernel = kernel;
  one.way.sparse = sparse;
  one.seconds = seconds;
  return one;
}

std::vector<std::string> order_of(std::vector<TimedWay> ways) {
  favour_dense(ways);
  std::vector<std::string> names;
  for (const TimedWay& one : ways) names.push_back(one.way.kernel);
  return names;
}

TEST(FavourDense, ASparseKernelMustBeClearlyFaster) {
  using Names = std::vector<std::string>;
  const TimedWay dense = timed("dense", false, 1), slow = timed("slow", false, 2);
  EXPECT_EQ(order_of({slow, timed("sparse", true, 0.96), dense}), (Names{"sparse", "dense", "slow"}));
  EXPECT_EQ(order_of({slow, timed("sparse", true, 0.98), dense}), (Names{"dense", "sparse", "slow"}));
  EXPECT_EQ(order_of({timed("sparse", true, 1.5), dense, slow}), (Names{"dense", "sparse", "slow"}));
}

TEST(FavourDense, GivesTheDenseTimeToWhatIsNotClearlyFaster) {
  std::vector<TimedWay> ways = {timed("a", true, 0.98), timed("b", true, 0.5), timed("c", true, 1.2),
                                timed("dense", false, 1)};
  favour_dense(ways);
  ASSERT_EQ(ways.size(), 4u);
  EXPECT_EQ(ways[0].seconds, 0.5);
  EXPECT_EQ(ways[1].way.kernel, "dense");
  EXPECT_EQ(ways[2].way.kernel, "a");
  EXPECT_EQ(ways[2].seconds, 1);
  EXPECT_EQ(ways[3].seconds, 1.2);
}

TEST(FavourDense, LeavesTimesAloneWhereNothingIsDense) {
  std::vector<TimedWay> ways = {timed("b", true, 2), timed("a", true, 1)};
  favour_dense(ways);
  EXPECT_EQ(ways[0].seconds, 1);
  EXPECT_EQ(ways[1].seconds, 2);
}

}  // namespace
}  // namespace coppice
