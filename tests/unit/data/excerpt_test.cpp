#include "data/excerpt.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace coppice {
namespace {

Data synthetic() {
  DataConfig config;
  config.dataset = "synthetic";
  config.synthetic_shape = {2, 4, 4};
  config.synthetic_examples = 600;
  config.validation = 100;
  return load_data(config);
}

std::vector<float> gathered(const Data& data, Split split, std::int64_t i) {
  std::vector<float> out(static_cast<std::size_t>(data.pool.image.size()));
  const std::uint32_t index = data.index(split, i);
  gather(data, split, std::span(&index, 1), {}, out.data());
  return out;
}

/// What a network sees of each example, and its label: enough to tell examples of the task apart.
std::multiset<std::pair<std::vector<float>, int>> seen(const Data& data, Split split) {
  std::multiset<std::pair<std::vector<float>, int>> all;
  for (std::int64_t i = 0; i < data.count(split); ++i)
    all.emplace(gathered(data, split, i), data.examples(split).labels[data.index(split, i)]);
  return all;
}

TEST(Excerpt, EverySplitGivesSoManyOfItsOwn) {
  const Data whole = synthetic(), part = data::excerpt(whole, 60);
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    EXPECT_EQ(part.count(split), 60);
    const auto all = seen(whole, split), some = seen(part, split);
    EXPECT_TRUE(std::includes(all.begin(), all.end(), some.begin(), some.end()))
        << "examples of another split, or normalised in another way";
  }
  EXPECT_EQ(part.pool.count(), 120);
}

TEST(Excerpt, FewerLieWithinMoreAndAllIsAll) {
  const Data whole = synthetic();
  const auto more = seen(data::excerpt(whole, 60), Split::kTrain),
             fewer = seen(data::excerpt(whole, 20), Split::kTrain);
  EXPECT_EQ(fewer.size(), 20u);
  EXPECT_TRUE(std::includes(more.begin(), more.end(), fewer.begin(), fewer.end()));
  for (const std::int64_t all : {0, 100000}) {
    const Data same = data::excerpt(whole, all);
    for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest})
      EXPECT_EQ(seen(same, split), seen(whole, split));
  }
}

TEST(Excerpt, NothingHeldOutStaysNothing) {
  Data whole = synthetic();
  whole.validation.clear();
  EXPECT_EQ(data::excerpt(whole, 10).count(Split::kValidation), 0);
}

}  // namespace
}  // namespace coppice
