#include "coppice/data.h"
#include "coppice/random.h"

#include <cmath>
#include <cstring>
#include <omp.h>
#include <set>

#include "support/data_files.h"

namespace coppice {
namespace {

/// Random pixels in two stores, made-up means.
Data random_data(DType dtype, const Extent& image, std::int64_t count) {
  Data data;
  const Stream stream(3, "gather-test");
  std::uint64_t drawn = 0;
  for (Examples* examples : {&data.pool, &data.test}) {
    examples->image = image;
    examples->pixels = Tensor::zeros(dtype, {count, image.channels, image.height, image.width});
    examples->labels.resize(static_cast<std::size_t>(count));
    if (dtype == DType::kU8) {
      for (auto& pixel : examples->pixels.as<std::uint8_t>())
        pixel = static_cast<std::uint8_t>(stream.bits(drawn++));
    } else {
      for (auto& pixel : examples->pixels.as<float>()) pixel = static_cast<float>(stream.normal(drawn++));
    }
  }
  for (std::int64_t c = 0; c < image.channels; ++c) {
    data.mean.push_back(0.3f + 0.1f * static_cast<float>(c));
    data.stddev.push_back(0.35f - 0.07f * static_cast<float>(c));
  }
  return data;
}

/// What the header says, pixel by pixel, in double.
double expected(const Data& data, Split split, std::uint32_t index, const Jitter& jitter, std::int64_t c,
                std::int64_t y, std::int64_t x) {
  const Examples& examples = data.examples(split);
  const Extent& image = examples.image;
  if (jitter.flip) x = image.width - 1 - x;
  y += jitter.dy, x += jitter.dx;
  double raw = 0;
  if (y >= 0 && y < image.height && x >= 0 && x < image.width) {
    const auto at =
        static_cast<std::size_t>(((index * image.channels + c) * image.height + y) * image.width + x);
    raw = examples.pixels.dtype == DType::kU8 ? examples.pixels.as<std::uint8_t>()[at] / 255.0
                                              : static_cast<double>(examples.pixels.as<float>()[at]);
  }
  const auto channel = static_cast<std::size_t>(c);
  return (raw - static_cast<double>(data.mean[channel])) / static_cast<double>(data.stddev[channel]);
}

void check(const Data& data, Split split, const std::vector<std::uint32_t>& indices,
           const std::vector<Jitter>& jitter) {
  const Extent& image = data.pool.image;
  std::vector<float> out(indices.size() * static_cast<std::size_t>(image.size()), NAN);
  gather(data, split, indices, jitter, out.data());
  std::size_t at = 0;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    for (std::int64_t c = 0; c < image.channels; ++c) {
      for (std::int64_t y = 0; y < image.height; ++y) {
        for (std::int64_t x = 0; x < image.width; ++x, ++at) {
          const double want =
              expected(data, split, indices[i], jitter.empty() ? Jitter{} : jitter[i], c, y, x);
          ASSERT_NEAR(out[at], want, 4e-7 * (1 + std::abs(want))) << i << " " << c << " " << y << " " << x;
        }
      }
    }
  }
}

/// Every shift and both mirrors.
std::vector<Jitter> all_jitters() {
  std::vector<Jitter> all;
  for (int dy = -4; dy <= 4; ++dy) {
    for (int dx = -4; dx <= 4; ++dx) {
      for (const bool flip : {false, true})
        all.push_back({static_cast<std::int8_t>(dy), static_cast<std::int8_t>(dx), flip});
    }
  }
  return all;
}

TEST(Gather, NormalisesTheExamplesAskedFor) {
  for (const DType dtype : {DType::kU8, DType::kF32}) {
    for (const Extent& image : {Extent{1, 28, 28, false}, Extent{3, 7, 5, false}, Extent{2, 1, 1, false}}) {
      const Data data = random_data(dtype, image, 50);
      check(data, Split::kTrain, {49, 0, 7, 7, 23}, {});
      check(data, Split::kTest, {1}, {});
      check(data, Split::kValidation, {}, {});
    }
  }
}

TEST(Gather, ShiftsPadsAndMirrors) {
  const std::vector<Jitter> jitters = all_jitters();
  for (const DType dtype : {DType::kU8, DType::kF32}) {
    // 3x3: narrower than the shift.
    for (const Extent& image : {Extent{3, 9, 11, false}, Extent{1, 3, 3, false}}) {
      const Data data = random_data(dtype, image, 40);
      std::vector<std::uint32_t> indices;
      for (std::size_t i = 0; i < jitters.size(); ++i)
        indices.push_back(static_cast<std::uint32_t>(i * 7 % 40));
      check(data, Split::kTrain, indices, jitters);
    }
  }
}

TEST(Gather, PaddingIsRawZeroAndNoJitterGivesTheSameBits) {
  Data data = random_data(DType::kU8, {1, 4, 4, false}, 2);
  std::ranges::fill(data.pool.pixels.as<std::uint8_t>(), std::uint8_t{0});
  const std::vector<std::uint32_t> one = {0};
  std::vector<float> shifted(16), plain(16);
  gather(data, Split::kTrain, one, std::vector<Jitter>{{4, -4, true}}, shifted.data());
  gather(data, Split::kTrain, one, {}, plain.data());
  EXPECT_EQ(shifted, plain);
  EXPECT_FLOAT_EQ(plain[0], -0.3f / 0.35f);

  data = random_data(DType::kU8, {3, 8, 8, false}, 5);
  std::vector<float> with(3 * 64), without(3 * 64);
  gather(data, Split::kTrain, one, std::vector<Jitter>(1), with.data());
  gather(data, Split::kTrain, one, {}, without.data());
  EXPECT_EQ(with, without);
}

TEST(Gather, DoesNotDependOnTheThreadCount) {
  const Data data = random_data(DType::kU8, {1, 28, 28, false}, 300);
  const auto indices = Stream(1, "order").permutation(300);
  const auto jitter = draw_jitter(1, 0, 0, 0, 300);
  const int before = omp_get_max_threads();
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 2, 3, 8}) {
    omp_set_num_threads(threads);
    for (const bool jittered : {false, true}) {
      std::vector<float> out(300 * 784);
      gather(data, Split::kTrain, indices,
             jittered ? std::span<const Jitter>(jitter) : std::span<const Jitter>(), out.data());
      results.push_back(std::move(out));
    }
  }
  omp_set_num_threads(before);
  for (std::size_t i = 2; i < results.size(); ++i)
    EXPECT_EQ(std::memcmp(results[i].data(), results[i % 2].data(), 300 * 784 * sizeof(float)), 0);
}

TEST(Gather, RefusesAWrongCall) {
  const Data data = random_data(DType::kU8, {1, 2, 2, false}, 3);
  std::vector<float> out(8);
  const std::vector<std::uint32_t> bad = {0, 3}, good = {0, 1};
  EXPECT_THROW(gather(data, Split::kTrain, bad, {}, out.data()), Failure);
  EXPECT_THROW(gather(data, Split::kTrain, good, std::vector<Jitter>(1), out.data()), Failure);
}

TEST(Jitter, IsAPureFunctionOfItsPlace) {
  const auto whole = draw_jitter(7, 2, 5, 0, 1000);
  const auto part = draw_jitter(7, 2, 5, 400, 100);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(part[i].dy, whole[400 + i].dy);
    EXPECT_EQ(part[i].dx, whole[400 + i].dx);
    EXPECT_EQ(part[i].flip, whole[400 + i].flip);
  }
  const auto differs = [&](const std::vector<Jitter>& other) {
    int different = 0;
    for (std::size_t i = 0; i < 1000; ++i)
      different += other[i].dy != whole[i].dy || other[i].dx != whole[i].dx || other[i].flip != whole[i].flip;
    return different > 900;
  };
  EXPECT_TRUE(differs(draw_jitter(8, 2, 5, 0, 1000)));
  EXPECT_TRUE(differs(draw_jitter(7, 3, 5, 0, 1000)));
  EXPECT_TRUE(differs(draw_jitter(7, 2, 6, 0, 1000)));
}

TEST(Jitter, IsUniform) {
  constexpr int kDraws = 81'000 * 2;
  std::vector<int> counts(162);
  for (const Jitter& jitter : draw_jitter(1, 0, 0, 0, kDraws)) {
    ASSERT_LE(std::abs(jitter.dy), 4);
    ASSERT_LE(std::abs(jitter.dx), 4);
    ++counts[static_cast<std::size_t>(((jitter.dy + 4) * 9 + jitter.dx + 4) * 2 + (jitter.flip ? 1 : 0))];
  }
  // 1,000 of each expected, standard deviation 32.
  for (const int count : counts) EXPECT_NEAR(count, 1000, 160);
}

}  // namespace
}  // namespace coppice
