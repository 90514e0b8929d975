#include "coppice/random.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "base/philox.h"
#include "gtest/gtest.h"

namespace coppice {
namespace {

using Words = std::array<std::uint32_t, 4>;

// The three known answers of philox4x32 with 10 rounds in Random123's kat_vectors.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Stream, IsAPureFunctionOfItsArguments) {
  const Stream a(1, "init", 2, 3), b(1, "init", 2, 3);
  for (const std::uint64_t i : {0, 1, 5, 1000}) EXPECT_EQ(a.bits(i), b.bits(i));
  EXPECT_EQ(a.bits(std::uint64_t{1} << 40), b.bits(std::uint64_t{1} << 40));
}

// Stored runs depend on every bit of every stream: these values may never change.
TEST(Stream, ValuesAreFrozen) {
  const Stream stream(1, "init", 2, 3);
  EXPECT_EQ(stream.bits(0), 0x95175ebeu);
  EXPECT_EQ(stream.bits(7), 0x5ea15d1eu);
  EXPECT_EQ(Stream(0, "").bits(0), 0xa4c0ac61u);
  EXPECT_EQ(stream.permutation(8), (std::vector<std::uint32_t>{4, 1, 7, 5, 0, 6, 2, 3}));
}

TEST(Stream, EveryArgumentMakesAnotherStream) {
  std::set<std::vector<std::uint32_t>> seen;
  int streams = 0;
  for (const std::uint64_t seed : {0, 1, 2})
    for (const char* purpose : {"init", "order", "", "init "})
      for (const std::uint64_t level : {0, 1, 2})
        for (const std::uint64_t epoch : {0, 1, 2}) {
          const Stream stream(seed, purpose, level, epoch);
          seen.insert({stream.bits(0), stream.bits(1), stream.bits(2), stream.bits(3)});
          ++streams;
        }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(streams));
}

TEST(Stream, BlocksOfOneStreamDoNotRepeat) {
  const Stream stream(1, "x");
  std::set<std::uint64_t> pairs;
  for (std::uint64_t i = 0; i < 20'000; i += 2)
    pairs.insert(std::uint64_t{stream.bits(i)} << 32 | stream.bits(i + 1));
  EXPECT_EQ(pairs.size(), 10'000u);
}

constexpr int kDraws = 200'000;

// Bounds below are five standard errors, so a sound generator passes for all but one seed in a million.
TEST(Stream, UniformHasItsMomentsAndFillsTheRange) {
  const Stream stream(3, "uniform");
  double sum = 0, squares = 0, lagged = 0, before = 0.5;
  std::vector<int> histogram(64);
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double u = stream.uniform(i);
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u, squares += u * u, lagged += (u - 0.5) * (before - 0.5);
    before = u;
    ++histogram[static_cast<std::size_t>(u * 64)];
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kDraws));
  EXPECT_NEAR(lagged / kDraws, 0.0, 5.0 / 12 / std::sqrt(kDraws));
  double chi = 0;
  for (const int count : histogram) chi += std::pow(count - kDraws / 64.0, 2) / (kDraws / 64.0);
  EXPECT_LT(chi, 63 + 5 * std::sqrt(2 * 63.0));
}

TEST(Stream, NormalHasItsMomentsAndDistribution) {
  const Stream stream(4, "normal");
  std::vector<double> draws(kDraws);
  double sum = 0, squares = 0, fourth = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double x = draws[i] = stream.normal(i);
    ASSERT_TRUE(std::isfinite(x));
    sum += x, squares += x * x, fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0.0, 5 * std::sqrt(1.0 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0, 5 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(fourth / kDraws, 3.0, 5 * std::sqrt(96.0 / kDraws));
  std::ranges::sort(draws);  // Kolmogorov and Smirnov; beyond 2.4 one in 100,000
  double distance = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double expected = 0.5 * std::erfc(-draws[static_cast<std::size_t>(i)] / std::numbers::sqrt2);
    distance = std::max(
        {distance, std::abs(expected - i / double{kDraws}), std::abs(expected - (i + 1) / double{kDraws})});
  }
  EXPECT_LT(distance * std::sqrt(kDraws), 2.4);
}

TEST(Stream, BelowStaysBelowAndIsEven) {
  const Stream stream(5, "below");
  std::vector<int> histogram(10);
  for (std::uint64_t i = 0; i < kDraws; ++i) ++histogram.at(stream.below(i, 10));
  for (const int count : histogram) EXPECT_NEAR(count, kDraws / 10, 5 * std::sqrt(kDraws * 0.09));
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(stream.below(i, 1), 0u);
}

TEST(Stream, PermutationIsAPermutation) {
  for (const std::uint32_t n : {0u, 1u, 2u, 3u, 10u, 1000u}) {
    std::vector<std::uint32_t> order = Stream(6, "order", n).permutation(n);
    ASSERT_EQ(order.size(), n);
    std::ranges::sort(order);
    for (std::uint32_t i = 0; i < n; ++i) EXPECT_EQ(order[i], i);
  }
  EXPECT_NE(Stream(6, "order", 0, 0).permutation(50), Stream(6, "order", 0, 1).permutation(50));
}

TEST(Stream, PermutationsAreEquallyLikely) {
  std::map<std::vector<std::uint32_t>, int> counts;
  for (std::uint64_t epoch = 0; epoch < 24'000; ++epoch)
    ++counts[Stream(7, "order", 0, epoch).permutation(4)];
  EXPECT_EQ(counts.size(), 24u);
  double chi = 0;
  for (const auto& [order, count] : counts) chi += std::pow(count - 1000.0, 2) / 1000;
  EXPECT_LT(chi, 23 + 5 * std::sqrt(2 * 23.0));
}

}  // namespace
}  // namespace coppice
