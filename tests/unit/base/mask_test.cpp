#include "coppice/mask.h"

#include "coppice/error.h"
#include "coppice/random.h"

#include <numeric>

#include "gtest/gtest.h"

namespace coppice {
namespace {

Mask random_mask(std::vector<std::int64_t> shape, std::uint64_t seed, double density) {
  Mask mask = Mask::ones(std::move(shape));
  const Stream stream(seed, "mask test");
  for (std::int64_t i = 0; i < mask.size(); ++i)
    mask.set(i, stream.uniform(static_cast<std::uint64_t>(i)) < density);
  return mask;
}

const std::vector<std::vector<std::int64_t>> kShapes = {
    {1}, {7}, {3, 8}, {3, 9}, {5, 1}, {4, 3, 3, 3}, {10, 2, 5, 5}, {64, 65}, {2, 1, 64}, {1, 1000}};

TEST(Mask, OnesKeepsEverythingAndPadsWithZeros) {
  const Mask mask = Mask::ones({2, 3, 3});
  EXPECT_EQ(mask.rows(), 2);
  EXPECT_EQ(mask.columns(), 9);
  EXPECT_EQ(mask.size(), 18);
  EXPECT_EQ(mask.row_bytes(), 2);
  EXPECT_EQ(mask.bytes(), (std::vector<std::uint8_t>{0xFF, 0x01, 0xFF, 0x01}));
  EXPECT_EQ(mask.kept(), 18);
}

TEST(Mask, BitsAreLittleEndianAndEachRowStartsOnAByte) {
  Mask mask = Mask::ones({2, 10});
  for (std::int64_t i = 0; i < 20; ++i) mask.set(i, false);
  mask.set(0, true);   // row 0, column 0: bit 0 of byte 0
  mask.set(9, true);   // row 0, column 9: bit 1 of byte 1
  mask.set(13, true);  // row 1, column 3: bit 3 of byte 2
  EXPECT_EQ(mask.bytes(), (std::vector<std::uint8_t>{0x01, 0x02, 0x08, 0x00}));
}

TEST(Mask, CountsAgreeWithBitByBit) {
  for (const auto& shape : kShapes) {
    const Mask mask = random_mask(shape, 1, 0.4), other = random_mask(shape, 2, 0.6);
    std::int64_t kept = 0, different = 0;
    bool nested = true;
    const std::vector<std::uint8_t> flat = mask.unpacked();
    ASSERT_EQ(static_cast<std::int64_t>(flat.size()), mask.size());
    for (std::int64_t i = 0; i < mask.size(); ++i) {
      ASSERT_EQ(flat[static_cast<std::size_t>(i)], mask.get(i) ? 1 : 0);
      kept += mask.get(i);
      different += mask.get(i) != other.get(i);
      nested = nested && (!mask.get(i) || other.get(i));
    }
    EXPECT_EQ(mask.kept(), kept);
    EXPECT_EQ(mask.distance(other), static_cast<double>(different) / static_cast<double>(mask.size()));
    EXPECT_EQ(mask.nested_in(other), nested);
  }
}

TEST(Mask, NestedWhereverASingleBitIsOnlyInTheInner) {
  for (const auto& shape : kShapes) {
    const Mask outer = random_mask(shape, 3, 0.7);
    EXPECT_TRUE(outer.nested_in(outer));
    EXPECT_TRUE(outer.nested_in(Mask::ones(shape)));
    for (std::int64_t i = 0; i < outer.size(); ++i) {
      Mask inner = outer;
      inner.set(i, !outer.get(i));
      ASSERT_EQ(inner.nested_in(outer), outer.get(i)) << i;
      ASSERT_EQ(inner.distance(outer), 1.0 / static_cast<double>(outer.size()));
      ASSERT_EQ(inner.kept(), outer.kept() + (outer.get(i) ? -1 : 1));
    }
  }
}

TEST(Mask, FromBytesRoundTrips) {
  for (const auto& shape : kShapes) {
    const Mask mask = random_mask(shape, 4, 0.5);
    EXPECT_EQ(Mask::from_bytes(shape, mask.bytes()), mask);
  }
}

TEST(Mask, FromBytesRefusesWhatDoesNotFit) {
  EXPECT_THROW(Mask::from_bytes({}, {}), BadInput);
  EXPECT_THROW(Mask::ones({}), BadInput);
  EXPECT_THROW(Mask::from_bytes({2, 8}, {1}), BadInput);
  EXPECT_THROW(Mask::from_bytes({2, 8}, {1, 2, 3}), BadInput);
  EXPECT_THROW(Mask::from_bytes({-1, 8}, {}), BadInput);
  EXPECT_THROW(Mask::from_bytes({8, -1}, {}), BadInput);
  const std::int64_t big = std::int64_t{1} << 40;
  EXPECT_THROW(Mask::from_bytes({big, big}, {}), BadInput);
  EXPECT_THROW(Mask::from_bytes({0, big, big}, {}), BadInput);
  EXPECT_THROW(Mask::from_bytes({std::int64_t{1} << 62, 1}, {}), BadInput);
}

TEST(Mask, FromBytesRefusesANonzeroPaddingBitInAnyRow) {
  for (int row = 0; row < 3; ++row) {
    for (int bit = 2; bit < 8; ++bit) {
      std::vector<std::uint8_t> bytes(6, 0);
      bytes[static_cast<std::size_t>(2 * row + 1)] = static_cast<std::uint8_t>(1 << bit);
      try {
        Mask::from_bytes({3, 10}, bytes);
        FAIL() << row << ' ' << bit;
      } catch (const BadInput& error) {
        EXPECT_NE(std::string(error.what()).find("row " + std::to_string(row)), std::string::npos);
      }
    }
  }
}

TEST(Mask, EmptyTensorsAreFine) {
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{0}, {0, 3}, {3, 0}}) {
    const Mask mask = Mask::ones(shape);
    EXPECT_EQ(mask.size(), 0);
    EXPECT_EQ(mask.kept(), 0);
    EXPECT_TRUE(mask.unpacked().empty());
    EXPECT_EQ(mask.distance(mask), 0.0);
    EXPECT_TRUE(mask.nested_in(mask));
  }
  EXPECT_EQ(Mask().kept(), 0);
}

TEST(Mask, ComparingDifferentShapesIsRefused) {
  EXPECT_THROW(Mask::ones({2, 3}).nested_in(Mask::ones({3, 2})), BadInput);
  EXPECT_THROW(Mask::ones({2, 3}).distance(Mask::ones({6})), BadInput);
}

TEST(Masks, CountFindAndCompareOverAllTensors) {
  Masks a = {{"one", Mask::ones({2, 5})}, {"two", Mask::ones({10, 3})}};
  a[0].mask.set(3, false);
  Masks b = a;
  b[1].mask.set(0, false);
  b[1].mask.set(29, false);
  EXPECT_EQ(prunable(a), 40);
  EXPECT_EQ(kept(a), 39);
  EXPECT_EQ(kept(b), 37);
  EXPECT_TRUE(nested_in(b, a));
  EXPECT_FALSE(nested_in(a, b));
  EXPECT_EQ(distance(a, b), 2.0 / 40);
  ASSERT_NE(find(a, "two"), nullptr);
  EXPECT_EQ(find(a, "two")->rows(), 10);
  EXPECT_EQ(find(a, "three"), nullptr);
  EXPECT_EQ(distance(Masks{}, Masks{}), 0.0);
}

TEST(Masks, OtherNamesOrShapesAreNeitherNestedNorComparable) {
  const Masks a = {{"one", Mask::ones({2, 5})}};
  const Masks renamed = {{"uno", Mask::ones({2, 5})}}, reshaped = {{"one", Mask::ones({5, 2})}};
  for (const Masks& b : {renamed, reshaped, Masks{}}) {
    EXPECT_FALSE(nested_in(a, b));
    EXPECT_THROW(distance(a, b), BadInput);
  }
}

}  // namespace
}  // namespace coppice
