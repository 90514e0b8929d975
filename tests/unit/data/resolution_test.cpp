#include "data/resolution.h"

#include "coppice/random.h"

#include "support/data_files.h"

namespace coppice {
namespace {

template <class T>
Examples examples_of(DType dtype, std::vector<std::int64_t> shape, const std::vector<T>& values) {
  Examples examples{{shape[1], shape[2], shape[3], false}, Tensor::zeros(dtype, shape), {}};
  std::ranges::copy(values, examples.pixels.as<T>().begin());
  examples.labels.resize(static_cast<std::size_t>(shape[0]));
  return examples;
}

using Bytes = std::vector<std::uint8_t>;

TEST(Resolution, WholeRatiosAverageBlocksAndRoundHalfUp) {
  Examples examples = examples_of<std::uint8_t>(DType::kU8, {1, 1, 4, 4},
                                                {0, 1, 10, 20,    //
                                                 0, 1, 30, 41,    //
                                                 255, 255, 1, 0,  //
                                                 255, 255, 0, 0});
  data::reduce_resolution(examples, 2);
  EXPECT_EQ(examples.image, (Extent{1, 2, 2, false}));
  const auto got = examples.pixels.as<std::uint8_t>();
  EXPECT_EQ(Bytes(got.begin(), got.end()), (Bytes{1, 25, 255, 0}));  // 0.5, 25.25, 255, 0.25
}

TEST(Resolution, FractionalRatiosCountCoverage) {
  // 3 -> 2: the middle pixel counts half on either side; weights 4 2 / 2 1 of 9.
  Examples bytes = examples_of<std::uint8_t>(DType::kU8, {1, 1, 3, 3}, {9, 18, 27, 36, 45, 54, 63, 72, 90});
  data::reduce_resolution(bytes, 2);
  const auto got = bytes.pixels.as<std::uint8_t>();
  // (4*9+2*18+2*36+45)/9 = 21; (2*18+4*27+45+2*54)/9 = 33; (2*36+45+4*63+2*72)/9 = 57; (45+108+144+360)/9 =
  // 73
  EXPECT_EQ(Bytes(got.begin(), got.end()), (Bytes{21, 33, 57, 73}));
  Examples floats = examples_of<float>(DType::kF32, {1, 1, 3, 3}, {9, 18, 27, 36, 45, 54, 63, 72, 91});
  data::reduce_resolution(floats, 2);
  EXPECT_EQ(floats.pixels.as<float>()[0], 21.0f);
  EXPECT_EQ(floats.pixels.as<float>()[3], static_cast<float>(661.0 / 9));
}

TEST(Resolution, AgreesWithCuttingEveryPixelIntoEqualParts) {
  // Reference: enlarge every axis by `side`, so that all borders fall on whole pixels, then average blocks.
  const std::int64_t from = 7, count = 3, channels = 2;
  const Stream stream(5, "resolution");
  std::vector<std::uint8_t> values(static_cast<std::size_t>(count * channels * from * from));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>(stream.bits(i));
  for (std::int64_t side = 1; side < from; ++side) {
    Examples examples = examples_of<std::uint8_t>(DType::kU8, {count, channels, from, from}, values);
    data::reduce_resolution(examples, side);
    EXPECT_EQ(examples.pixels.shape, (std::vector<std::int64_t>{count, channels, side, side}));
    for (std::int64_t plane = 0; plane < count * channels; ++plane) {
      for (std::int64_t y = 0; y < side; ++y) {
        for (std::int64_t x = 0; x < side; ++x) {
          std::int64_t sum = 0;
          for (std::int64_t j = y * from; j < (y + 1) * from; ++j) {
            for (std::int64_t i = x * from; i < (x + 1) * from; ++i)
              sum += values[static_cast<std::size_t>((plane * from + j / side) * from + i / side)];
          }
          const std::int64_t area = from * from;
          const auto got =
              examples.pixels.as<std::uint8_t>()[static_cast<std::size_t>((plane * side + y) * side + x)];
          ASSERT_EQ(got, (2 * sum + area) / (2 * area));
        }
      }
    }
  }
}

TEST(Resolution, NativeLeavesEverythingAsItIs) {
  const Examples before = examples_of<std::uint8_t>(DType::kU8, {1, 1, 2, 2}, {1, 2, 3, 4});
  for (const std::int64_t side : {0, 2}) {
    Examples examples = before;
    data::reduce_resolution(examples, side);
    EXPECT_EQ(examples.pixels, before.pixels);
  }
}

TEST(Resolution, RefusesEnlargingOblongAndNegative) {
  Examples square = examples_of<std::uint8_t>(DType::kU8, {1, 1, 2, 2}, {1, 2, 3, 4});
  expect_words(complaint([&] { data::reduce_resolution(square, 3); }),
               {"data.resolution", "3 is larger", "2x2"});
  expect_words(complaint([&] { data::reduce_resolution(square, -1); }),
               {"data.resolution", "-1 is negative"});
  Examples oblong = examples_of<std::uint8_t>(DType::kU8, {1, 1, 1, 4}, {1, 2, 3, 4});
  expect_words(complaint([&] { data::reduce_resolution(oblong, 1); }), {"data.resolution", "1x4", "square"});
}

}  // namespace
}  // namespace coppice
