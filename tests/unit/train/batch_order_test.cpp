#include "coppice/random.h"
#include "coppice/train.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "support/random_data.h"

namespace coppice {
namespace {

Data eleven_odd_examples() {
  Data data = random_data({1, 2, 2, false}, 2, 23);
  data.train.clear();
  for (std::uint32_t i = 1; i < 23; i += 2) data.train.push_back(i);  // 11 of them
  return data;
}

std::vector<std::uint32_t> copy_of(const BatchOrder::Batch& batch) {
  return {batch.indices.begin(), batch.indices.end()};
}

TEST(BatchOrder, EveryEpochHoldsEveryTrainingExampleOnce) {
  const Data data = eleven_odd_examples();
  BatchOrder order(data, 4, 7, 0);
  std::vector<std::vector<std::uint32_t>> epochs(3);
  for (std::int64_t step = 0; step < 9; ++step) {
    const BatchOrder::Batch batch = order.at(step);
    EXPECT_EQ(batch.epoch, step / 3);
    EXPECT_EQ(batch.first, step % 3 * 4);
    EXPECT_EQ(batch.indices.size(), step % 3 == 2 ? 3u : 4u);  // the last, partial batch is kept
    for (const std::uint32_t index : batch.indices) epochs[batch.epoch].push_back(index);
  }
  EXPECT_NE(epochs[0], epochs[1]);
  for (auto& epoch : epochs) {
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(epoch, data.train);
  }
}

TEST(BatchOrder, IsTheStreamsPermutation) {
  const Data data = eleven_odd_examples();
  BatchOrder order(data, 4, 7, 2);
  const auto expected = Stream(7, "order", 2, 1).permutation(11);
  const auto batch = copy_of(order.at(4));  // second batch of epoch 1
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(batch[i], data.train[expected[4 + i]]);
}

TEST(BatchOrder, DependsOnSeedLevelAndStepAlone) {
  const Data data = eleven_odd_examples();
  BatchOrder order(data, 4, 7, 0), again(data, 4, 7, 0), other_seed(data, 4, 8, 0),
      other_level(data, 4, 7, 1);
  const auto fifth = copy_of(order.at(5));
  order.at(0);
  EXPECT_EQ(copy_of(order.at(5)), fifth);  // going back and forth
  EXPECT_EQ(copy_of(again.at(5)), fifth);  // from anywhere
  EXPECT_NE(copy_of(other_seed.at(5)), fifth);
  EXPECT_NE(copy_of(other_level.at(5)), fifth);
}

TEST(Tally, AddsUp) {
  Tally tally;
  EXPECT_EQ(tally.loss(), 0);
  EXPECT_EQ(tally.accuracy(), 0);
  tally += {10, 5.0, 7};
  tally += {30, 1.0, 29};
  EXPECT_EQ(tally.loss(), 0.15);
  EXPECT_EQ(tally.accuracy(), 0.9);
}

}  // namespace
}  // namespace coppice
