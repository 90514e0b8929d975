#include "data/cifar.h"

#include "coppice/data.h"

#include "fuzz/cifar_cases.h"
#include "support/data_files.h"

namespace coppice {
namespace {

std::string pixels(int salt) {
  std::string bytes;
  for (int i = 0; i < 3072; ++i) bytes += static_cast<char>(i * 31 + salt);
  return bytes;
}
std::string record10(int label, int salt) { return std::string(1, static_cast<char>(label)) + pixels(salt); }
std::string record100(int coarse, int fine, int salt) {
  return std::string{static_cast<char>(coarse), static_cast<char>(fine)} + pixels(salt);
}

TEST(Cifar, SaysWhatIsWrongWithABrokenFile) {
  for (const CifarCase& one : cifar_cases()) {
    SCOPED_TRACE(one.name);
    const std::string message = complaint([&] {
      Examples examples;
      const data::CifarForm form{one.classes == 100 ? 20 : 0, one.classes};
      data::parse_cifar(std::as_bytes(std::span(one.bytes)), form, {"some/file", "unpack it again"},
                        examples);
    });
    if (one.complaint.empty()) {
      EXPECT_EQ(message, "nothing was thrown");
    } else {
      expect_words(message, one.complaint);
      expect_words(message, {"some/file: ", "; unpack it again"});
    }
  }
}

TEST(Cifar, LoadsTheBatchesInOrder) {
  const Scratch scratch;
  const std::string folder = scratch / "cifar-10-batches-bin";
  std::filesystem::create_directory(folder);
  for (int batch = 1; batch <= 5; ++batch) {
    put(folder + "/data_batch_" + std::to_string(batch) + ".bin",
        record10(batch, batch) + record10(9 - batch, batch + 100));
  }
  expect_words(complaint([&] { load_data(config_of("cifar10", folder)); }),
               {folder, "not complete", "test_batch.bin is missing"});
  put(folder + "/test_batch.bin", record10(0, 77));
  for (const std::string& place : {folder, scratch.folder().string()}) {
    const Data data = load_data(config_of("cifar10", place));
    EXPECT_EQ(data.classes, 10);
    EXPECT_EQ(data.pool.image, (Extent{3, 32, 32, false}));
    EXPECT_EQ(data.pool.pixels.shape, (std::vector<std::int64_t>{10, 3, 32, 32}));
    EXPECT_EQ(data.pool.labels, (std::vector<std::int32_t>{1, 8, 2, 7, 3, 6, 4, 5, 5, 4}));
    EXPECT_EQ(data.test.labels, (std::vector<std::int32_t>{0}));
    const auto bytes = data.pool.pixels.as<std::uint8_t>();
    for (std::size_t i = 0; i < 3072; ++i) ASSERT_EQ(bytes[5 * 3072 + i], (i * 31 + 103) % 256);
  }
}

TEST(Cifar, LoadsTheFineLabelsOfCifar100) {
  const Scratch scratch;
  put(scratch / "train.bin", record100(19, 99, 1) + record100(0, 7, 2));
  put(scratch / "test.bin", record100(3, 50, 3));
  const Data data = load_data(config_of("cifar100", scratch.folder()));
  EXPECT_EQ(data.classes, 100);
  EXPECT_EQ(data.pool.labels, (std::vector<std::int32_t>{99, 7}));
  EXPECT_EQ(data.test.labels, (std::vector<std::int32_t>{50}));
}

}  // namespace
}  // namespace coppice
