#include "data/idx.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace coppice::data {

namespace {

constexpr std::size_t kMagicBytes = 4;
constexpr std::int64_t kMaxSide = 1 << 16;
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 36;

std::string counted(std::size_t number) { return grouped(static_cast<long long>(number)); }

int value(std::byte byte) { return std::to_integer<int>(byte); }

/// Reads `size` bytes of the header or refuses.
void read_header(ByteReader& reader, std::byte* out, std::size_t size, const Source& source) {
  const std::size_t start = reader.offset();
  const std::size_t got = reader.read(out, size);
  if (got != size) {
    refuse(source, fmt::format("ends at offset {}, inside the header", start + got));
  }
}

void check_magic(const std::array<std::byte, kMagicBytes>& magic, IdxKind kind, const Source& source) {
  if (magic[0] != std::byte{0} || magic[1] != std::byte{0}) {
    refuse(source,
           fmt::format("is not an IDX file: it begins with {:02x} {:02x} {:02x} {:02x} instead of 00 00 08"
                       "{}",
                       value(magic[0]), value(magic[1]), value(magic[2]), value(magic[3]),
                       magic[0] == std::byte{'<'} ? " (it looks like a web page)" : ""));
  }
  if (magic[2] != std::byte{8}) {
    refuse(source, fmt::format("element type 0x{:02x} at offset 2; only 0x08, unsigned bytes, is read",
                               value(magic[2])));
  }
  const int dimensions = value(magic[3]);
  if (dimensions == static_cast<int>(kind)) return;
  if (dimensions == static_cast<int>(IdxKind::kLabels))
    refuse(source, "holds labels (1 dimension, at offset 3) where images belong: were two files swapped?");
  if (dimensions == static_cast<int>(IdxKind::kImages))
    refuse(source, "holds images (3 dimensions, at offset 3) where labels belong: were two files swapped?");
  refuse(source, fmt::format("{} dimensions at offset 3 instead of {}", dimensions, static_cast<int>(kind)));
}

std::vector<std::int64_t> read_shape(ByteReader& reader, IdxKind kind, const Source& source) {
  std::vector<std::int64_t> shape;
  std::int64_t bytes = 1;
  for (int i = 0; i < static_cast<int>(kind); ++i) {
    const std::size_t offset = reader.offset();
    std::array<std::byte, 4> raw{};
    read_header(reader, raw.data(), raw.size(), source);
    std::int64_t extent = 0;
    for (const std::byte byte : raw) extent = extent << 8 | value(byte);
    if (extent == 0) refuse(source, fmt::format("extent 0 at offset {}: nothing is in it", offset));
    if (i > 0 && extent > kMaxSide)
      refuse(source, fmt::format("images {} pixels high or wide, at offset {}", grouped(extent), offset));
    bytes *= extent;  // at most 2^36 * 2^16: no overflow
    if (bytes > kMaxBytes)
      refuse(source, fmt::format("a header that asks for more than {} bytes, at offset {}",
                                 grouped(kMaxBytes), offset));
    shape.push_back(extent);
  }
  return shape;
}

}  // namespace

Tensor parse_idx(std::span<const std::byte> file, IdxKind kind, const Source& source) {
  ByteReader reader(file, source);
  std::array<std::byte, kMagicBytes> magic{};
  read_header(reader, magic.data(), magic.size(), source);
  check_magic(magic, kind, source);
  Tensor tensor{DType::kU8, read_shape(reader, kind, source), {}};

  const auto expected = static_cast<std::size_t>(tensor.size());
  const std::size_t header = reader.offset();
  const char* decoded = reader.compressed() ? " after decompression" : "";
  const auto wrong_size = [&](std::string_view found) {
    refuse(source, fmt::format("the header says {} bytes of content from offset {} on, and there are {}{}",
                               counted(expected), header, found, decoded));
  };
  if (expected > reader.at_most())
    wrong_size((reader.compressed() ? "at most " : "") + counted(reader.at_most()));
  // Grows as the content arrives, so that a lying header costs no more memory than the file has content.
  constexpr std::size_t kFirst = std::size_t{1} << 24;
  std::size_t filled = 0;
  while (filled < expected) {
    tensor.bytes.resize(std::min(expected, std::max(kFirst, 2 * filled)));
    const std::size_t wanted = tensor.bytes.size() - filled;
    const std::size_t got = reader.read(tensor.bytes.data() + filled, wanted);
    filled += got;
    if (got != wanted) wrong_size("only " + counted(filled));
  }
  std::byte extra{};
  if (reader.read(&extra, 1) != 0) {
    wrong_size(reader.compressed() ? "more"
                                   : fmt::format("{} more", counted(file.size() - header - expected)));
  }
  return tensor;
}

std::vector<std::int32_t> idx_labels(const Tensor& tensor, std::int64_t classes, const Source& source) {
  constexpr std::size_t kHeader = 8;
  const auto raw = tensor.as<std::uint8_t>();
  std::vector<std::int32_t> labels(raw.begin(), raw.end());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= classes) {
      refuse(source, fmt::format("label {} of example {} (offset {}) is not one of the {} classes 0 to {}",
                                 labels[i], i, kHeader + i, classes, classes - 1));
    }
  }
  return labels;
}

}  // namespace coppice::data
