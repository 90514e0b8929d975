// The layout is that of PKWARE's APPNOTE 6.3: for each entry a local header and its data, then the central
// directory that lists them again with their offsets, then an end record that says where the directory is. A
// number that does not fit its field is written as all ones, and as 64 bits in an extra field or record
// (zip64).
#include "io/zip.h"

#include <algorithm>

#include <zlib.h>

namespace coppice {

namespace {

constexpr std::uint64_t kMax16 = 0xFFFF, kMax32 = 0xFFFFFFFF;
constexpr std::uint64_t kAlignment = 64;
constexpr std::uint16_t kVersion = 20, kVersion64 = 45;
constexpr std::uint16_t kFirstDay = 0x0021;  // 1980-01-01: the clock has no part in the bytes

/// Appends numbers, little endian.
class Fields {
 public:
  Fields& u16(std::uint64_t value) { return number(value, 2); }
  Fields& u32(std::uint64_t value) { return number(value, 4); }
  Fields& u64(std::uint64_t value) { return number(value, 8); }
  Fields& clipped16(std::uint64_t value) { return u16(std::min(value, kMax16)); }
  Fields& clipped32(std::uint64_t value) { return u32(std::min(value, kMax32)); }
  Fields& raw(const std::string& bytes) {
    text += bytes;
    return *this;
  }

  std::string text;

 private:
  Fields& number(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xFF);
    return *this;
  }
};

/// Fields that local header and directory share, from "version needed" to the length of the name.
std::string common(std::uint32_t crc, std::uint64_t size, bool zip64, const std::string& name) {
  return Fields()
      .u16(zip64 ? kVersion64 : kVersion)
      .u16(0)  // flags
      .u16(0)  // stored
      .u16(0)  // time
      .u16(kFirstDay)
      .u32(crc)
      .clipped32(size)  // as stored
      .clipped32(size)  // as it was
      .u16(name.size())
      .text;
}

}  // namespace

void ZipWriter::put(const std::string& bytes) {
  sink_(bytes.data(), bytes.size());
  offset_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::span<const std::byte> data) {
  const std::uint64_t start = offset_, size = data.size();
  const auto crc = static_cast<std::uint32_t>(
      crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef*>(data.data()), data.size()));

  // A zip64 extra field lists exactly those numbers that did not fit, in this order.
  Fields local64, central64;
  if (size >= kMax32) {
    local64.u16(1).u16(16).u64(size).u64(size);
    central64.u64(size).u64(size);
  }
  if (start >= kMax32) central64.u64(start);
  const bool zip64 = !central64.text.empty();

  // "FB" is the field with which PyTorch fills up to the alignment.
  const std::uint64_t fixed = 30 + name.size() + local64.text.size() + 4;
  const std::uint64_t fill = (kAlignment - (start + fixed) % kAlignment) % kAlignment;
  const std::string extra = local64.raw("FB").u16(fill).raw(std::string(fill, 'Z')).text;
  put(Fields()
          .u32(0x04034b50)
          .raw(common(crc, size, zip64, name))
          .u16(extra.size())
          .raw(name)
          .raw(extra)
          .text);
  if (size != 0) sink_(data.data(), data.size());
  offset_ += size;

  std::string listed;
  if (zip64) listed = Fields().u16(1).u16(central64.text.size()).raw(central64.text).text;
  directory_ += Fields()
                    .u32(0x02014b50)
                    .u16(zip64 ? kVersion64 : kVersion)  // made by
                    .raw(common(crc, size, zip64, name))
                    .u16(listed.size())
                    .u16(0)  // comment
                    .u16(0)  // disk
                    .u16(0)  // internal attributes
                    .u32(0)  // external attributes
                    .clipped32(start)
                    .raw(name)
                    .raw(listed)
                    .text;
  ++entries_;
}

void ZipWriter::finish() {
  const std::uint64_t start = offset_, size = directory_.size();
  put(directory_);
  if (entries_ >= kMax16 || start >= kMax32 || size >= kMax32) {
    const std::uint64_t record = offset_;
    put(Fields()
            .u32(0x06064b50)
            .u64(44)  // bytes of this record from here on
            .u16(kVersion64)
            .u16(kVersion64)
            .u32(0)  // this disk
            .u32(0)  // the directory's disk
            .u64(entries_)
            .u64(entries_)
            .u64(size)
            .u64(start)
            .text);
    put(Fields().u32(0x07064b50).u32(0).u64(record).u32(1).text);
  }
  put(Fields()
          .u32(0x06054b50)
          .u16(0)
          .u16(0)
          .clipped16(entries_)
          .clipped16(entries_)
          .clipped32(size)
          .clipped32(start)
          .u16(0)
          .text);
}

}  // namespace coppice
