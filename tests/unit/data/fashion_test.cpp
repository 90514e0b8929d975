#include "coppice/data.h"

#include <cstdlib>
#include <fstream>

#include "support/data_files.h"

namespace coppice {
namespace {

constexpr const char* kFolder = "/usr/share/datasets/fashion-mnist";

class FashionMnist : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(std::string(kFolder) + "/train-images-idx3-ubyte.gz"))
      GTEST_SKIP() << "apt-get install dataset-fashion-mnist";
  }
};

TEST_F(FashionMnist, IsFoundAndCounted) {
  const Environment none("COPPICE_DATA", nullptr);
  DataConfig config;
  const Data data = load_data(config);
  EXPECT_EQ(data.pool.count(), 60'000);
  EXPECT_EQ(data.test.count(), 10'000);
  EXPECT_EQ(data.count(Split::kTrain), 55'000);
  EXPECT_EQ(data.count(Split::kValidation), 5'000);
  EXPECT_EQ(data.pool.image, (Extent{1, 28, 28, false}));
  // The published labels of the first training and test examples.
  EXPECT_EQ(std::vector<std::int32_t>(data.pool.labels.begin(), data.pool.labels.begin() + 10),
            (std::vector<std::int32_t>{9, 0, 0, 3, 0, 2, 7, 2, 5, 5}));
  EXPECT_EQ(std::vector<std::int32_t>(data.test.labels.begin(), data.test.labels.begin() + 10),
            (std::vector<std::int32_t>{9, 2, 1, 1, 6, 1, 4, 6, 5, 7}));
  std::vector<std::int64_t> held_out(10);
  for (const std::uint32_t index : data.validation)
    ++held_out[static_cast<std::size_t>(data.pool.labels[index])];
  for (const std::int64_t count : held_out) EXPECT_NEAR(static_cast<double>(count), 500, 100);
}

TEST_F(FashionMnist, MeanAndDeviationAreThePublishedOnes) {
  const Data data = load_data(config_of("fashion-mnist", kFolder));
  EXPECT_EQ(data.count(Split::kTrain), 60'000);
  EXPECT_NEAR(data.mean.at(0), 0.2860, 5e-5);
  EXPECT_NEAR(data.stddev.at(0), 0.3530, 5e-5);
}

TEST_F(FashionMnist, NumPySeesTheSame) {
  if (std::string(COPPICE_PYTHON).empty() || std::string(COPPICE_PYTHON).ends_with("NOTFOUND"))
    GTEST_SKIP() << "no Python with NumPy";
  const Scratch scratch;
  DataConfig config = config_of("fashion-mnist", kFolder);
  config.validation = 5000;
  config.subset = 0.25;
  config.resolution = 12;
  const Data data = load_data(config);
  std::ofstream(scratch / "train.u32", std::ios::binary)
      .write(reinterpret_cast<const char*>(data.train.data()),
             static_cast<std::streamsize>(data.train.size() * 4));
  std::ofstream(scratch / "pixels.u8", std::ios::binary)
      .write(reinterpret_cast<const char*>(data.pool.pixels.bytes.data()),
             static_cast<std::streamsize>(data.pool.pixels.bytes.size()));
  std::vector<float> batch(64 * 144);
  gather(data, Split::kTrain, std::span(data.train).first(64), {}, batch.data());
  std::ofstream(scratch / "batch.f32", std::ios::binary)
      .write(reinterpret_cast<const char*>(batch.data()), static_cast<std::streamsize>(batch.size() * 4));
  char command[4096];
  std::snprintf(command, sizeof command, "%s %s %s %s %.9g %.9g %s", COPPICE_PYTHON,
                COPPICE_SOURCE_DIR "/tests/unit/data/fashion.py", kFolder, scratch.folder().c_str(),
                static_cast<double>(data.mean.at(0)), static_cast<double>(data.stddev.at(0)),
                data.sha256.c_str());
  EXPECT_EQ(std::system(command), 0);
}

}  // namespace
}  // namespace coppice
