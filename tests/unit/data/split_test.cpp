#include "data/split.h"

#include <algorithm>
#include <cmath>

#include "support/data_files.h"

namespace coppice {
namespace {

Data split_of(std::int64_t count, std::int64_t validation, double subset) {
  Data data;
  data.pool.labels.resize(static_cast<std::size_t>(count));
  DataConfig config;
  config.validation = validation;
  config.subset = subset;
  data::split(data, config);
  return data;
}

using Indices = std::vector<std::uint32_t>;

TEST(Split, PartsAreDisjointAscendingAndComplete) {
  const Data data = split_of(1000, 130, 1.0);
  EXPECT_EQ(data.count(Split::kValidation), 130);
  EXPECT_EQ(data.count(Split::kTrain), 870);
  EXPECT_TRUE(std::ranges::is_sorted(data.train));
  EXPECT_TRUE(std::ranges::is_sorted(data.validation));
  Indices all;
  std::ranges::merge(data.train, data.validation, std::back_inserter(all));
  for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_EQ(all[i], i);
  // Held out from everywhere, not from one end.
  EXPECT_LT(data.validation.front(), 50u);
  EXPECT_GT(data.validation.back(), 950u);
  EXPECT_EQ(data.index(Split::kTrain, 3), data.train[3]);
  EXPECT_EQ(data.index(Split::kValidation, 3), data.validation[3]);
  EXPECT_EQ(data.index(Split::kTest, 3), 3u);
}

TEST(Split, IsTheSameEveryTime) {
  // Computed with NumPy from the streams' definition, and written down: a run's validation set must not move
  // when this code changes.
  const Data data = split_of(20, 5, 0.4);
  EXPECT_EQ(data.validation, (Indices{1, 9, 11, 13, 16}));
  EXPECT_EQ(data.train, (Indices{0, 2, 5, 6, 7, 18}));
}

TEST(Split, ASubsetLeavesTheValidationExamplesAloneAndNests) {
  const Data whole = split_of(1000, 100, 1.0), half = split_of(1000, 100, 0.5),
             tenth = split_of(1000, 100, 0.1);
  EXPECT_EQ(half.validation, whole.validation);
  EXPECT_EQ(half.train.size(), 450u);
  EXPECT_EQ(tenth.train.size(), 90u);
  EXPECT_TRUE(std::ranges::includes(whole.train, half.train));
  EXPECT_TRUE(std::ranges::includes(half.train, tenth.train));
  EXPECT_TRUE(std::ranges::is_sorted(half.train));
}

TEST(Split, RoundsHalfUpAndKeepsAtLeastOne) {
  EXPECT_EQ(split_of(11, 0, 0.5).train.size(), 6u);
  EXPECT_EQ(split_of(10, 0, 1e-9).train.size(), 1u);
  EXPECT_EQ(split_of(10, 9, 1.0).train.size(), 1u);
}

TEST(Split, RefusesWhatCannotBeSplit) {
  expect_words(complaint([] { split_of(10, 10, 1.0); }), {"data.validation", "10 examples", "out of 10"});
  expect_words(complaint([] { split_of(10, 5000, 1.0); }), {"data.validation", "5,000"});
  expect_words(complaint([] { split_of(10, -1, 1.0); }), {"data.validation", "-1 is negative"});
  for (const double subset : {0.0, -0.5, 1.5, std::nan("")})
    expect_words(complaint([&] { split_of(10, 0, subset); }), {"data.subset", "above 0"});
}

}  // namespace
}  // namespace coppice
