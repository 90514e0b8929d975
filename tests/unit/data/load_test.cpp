#include "coppice/data.h"

#include <cmath>

#include "base/sha256.h"
#include "support/data_files.h"

namespace coppice {
namespace {

TEST(Load, PlainAndGzipAreTheSameData) {
  const Scratch scratch;
  put_small_mnist(scratch / "plain", false);
  put_small_mnist(scratch / "packed", true);
  const Data plain = load_data(config_of("mnist", scratch / "plain"));
  const Data packed = load_data(config_of("mnist", scratch / "packed"));
  EXPECT_EQ(plain.name, "mnist");
  EXPECT_EQ(plain.classes, 10);
  EXPECT_EQ(plain.pool.image, (Extent{1, 2, 3, false}));
  EXPECT_EQ(plain.pool.pixels.shape, (std::vector<std::int64_t>{4, 1, 2, 3}));
  EXPECT_EQ(plain.pool.labels, (std::vector<std::int32_t>{3, 0, 9, 1}));
  EXPECT_EQ(plain.test.labels, (std::vector<std::int32_t>{7, 2}));
  EXPECT_EQ(plain.train, (std::vector<std::uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(plain.pool.pixels, packed.pool.pixels);
  EXPECT_EQ(plain.test.pixels, packed.test.pixels);
  EXPECT_EQ(plain.sha256, packed.sha256);
}

TEST(Load, TheHashCoversShapesAndContent) {
  const Scratch scratch;
  const std::string folder = scratch / "m";
  put_small_mnist(folder, false);
  const Data first = load_data(config_of("mnist", folder));
  // As documented: types, shapes and bytes of both stores.
  Sha256 hash;
  hash.add("classes 10\n");
  hash.add("train.images U8 [4, 1, 2, 3]\n");
  hash.add(idx_images(4).substr(16));
  hash.add("train.labels I32 [4]\n");
  const std::int32_t train[] = {3, 0, 9, 1}, test[] = {7, 2};
  hash.add(train, sizeof train);
  hash.add("test.images U8 [2, 1, 2, 3]\n");
  hash.add(idx_images(2).substr(16));
  hash.add("test.labels I32 [2]\n");
  hash.add(test, sizeof test);
  EXPECT_EQ(first.sha256, hash.hex());

  DataConfig split = config_of("mnist", folder);
  split.validation = 2;
  split.subset = 0.5;
  EXPECT_EQ(load_data(split).sha256, first.sha256) << "it must not depend on the split";
  // The same bytes in another shape.
  put(folder + "/train-images-idx3-ubyte", idx_bytes({4, 3, 2}, idx_images(4).substr(16)));
  put(folder + "/t10k-images-idx3-ubyte", idx_bytes({2, 3, 2}, idx_images(2).substr(16)));
  EXPECT_NE(load_data(config_of("mnist", folder)).sha256, first.sha256);
}

TEST(Load, MeansAreOfTheTrainingExamplesAlone) {
  const Scratch scratch;
  const std::string folder = scratch / "m";
  put_small_mnist(folder, false);
  DataConfig config = config_of("mnist", folder);
  config.validation = 2;
  const Data data = load_data(config);
  ASSERT_EQ(data.train.size(), 2u);
  double sum = 0, squares = 0;
  for (const std::uint32_t index : data.train) {
    for (std::size_t p = 0; p < 6; ++p) sum += static_cast<double>((index * 6 + p) * 7) / 255.0;
  }
  for (const std::uint32_t index : data.train) {
    for (std::size_t p = 0; p < 6; ++p)
      squares += std::pow(static_cast<double>((index * 6 + p) * 7) / 255.0 - sum / 12, 2);
  }
  EXPECT_FLOAT_EQ(data.mean.at(0), static_cast<float>(sum / 12));
  EXPECT_FLOAT_EQ(data.stddev.at(0), static_cast<float>(std::sqrt(squares / 12)));
}

TEST(Load, AConstantChannelHasDeviationOne) {
  const Scratch scratch;
  const std::string folder = scratch / "m";
  put_small_mnist(folder, false);
  put(folder + "/train-images-idx3-ubyte", idx_bytes({4, 2, 3}, std::string(24, '\x33')));
  const Data data = load_data(config_of("mnist", folder));
  EXPECT_EQ(data.mean.at(0), 0.2f);
  EXPECT_EQ(data.stddev.at(0), 1.0f);
}

}  // namespace
}  // namespace coppice
