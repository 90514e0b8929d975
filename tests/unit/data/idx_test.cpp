#include "data/idx.h"

#include "support/data_files.h"

namespace coppice {
namespace {

const data::Source kSource{"some/file", "download it again"};

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(Idx, ReadsPlainAndGzipAlike) {
  for (const std::string& file : {idx_images(4), gzip(idx_images(4))}) {
    const Tensor images = data::parse_idx(bytes_of(file), data::IdxKind::kImages, kSource);
    EXPECT_EQ(images.dtype, DType::kU8);
    EXPECT_EQ(images.shape, (std::vector<std::int64_t>{4, 2, 3}));
    ASSERT_EQ(images.bytes.size(), 24u);
    for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(images.as<std::uint8_t>()[i], i * 7);
  }
}

TEST(Idx, ReadsLabels) {
  const std::string file = idx_labels("\1\x09\2");
  const Tensor tensor = data::parse_idx(bytes_of(file), data::IdxKind::kLabels, kSource);
  EXPECT_EQ(data::idx_labels(tensor, 10, kSource), (std::vector<std::int32_t>{1, 9, 2}));
}

TEST(Idx, RefusesALabelThatIsNoClass) {
  const std::string file = idx_labels("\1\x0a\2");
  const Tensor tensor = data::parse_idx(bytes_of(file), data::IdxKind::kLabels, kSource);
  expect_words(complaint([&] { data::idx_labels(tensor, 10, kSource); }),
               {"some/file", "label 10", "example 1", "offset 9", "0 to 9", "download it again"});
}

TEST(Idx, RefusesImagesWhereLabelsBelong) {
  const std::string file = idx_images(2);
  expect_words(complaint([&] { data::parse_idx(bytes_of(file), data::IdxKind::kLabels, kSource); }),
               {"some/file", "holds images", "where labels belong", "download it again"});
}

TEST(Idx, SaysWhatIsWrongWithABrokenFile) {
  for (const IdxCase& broken : idx_cases()) {
    SCOPED_TRACE(broken.name);
    const std::string message =
        complaint([&] { data::parse_idx(bytes_of(broken.bytes), data::IdxKind::kImages, kSource); });
    if (broken.complaint.empty()) {
      EXPECT_EQ(message, "nothing was thrown");
    } else {
      expect_words(message, broken.complaint);
      expect_words(message, {"some/file: ", "; download it again"});
    }
  }
}

TEST(Idx, EveryCutOfAFileIsRefused) {
  for (const std::string& whole : {idx_images(3), gzip(idx_images(3))}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string cut = whole.substr(0, size);
      expect_words(complaint([&] { data::parse_idx(bytes_of(cut), data::IdxKind::kImages, kSource); }),
                   {"some/file"});
    }
  }
}

TEST(Idx, ContentLargerThanTheFirstAllocation) {
  std::string content(20'000'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 2654435761u >> 24);
  const std::string file = gzip(idx_bytes({50, 500, 800}, content));
  const Tensor images = data::parse_idx(bytes_of(file), data::IdxKind::kImages, kSource);
  EXPECT_TRUE(std::ranges::equal(images.bytes, bytes_of(content)));
}

}  // namespace
}  // namespace coppice
