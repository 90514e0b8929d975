// A safetensors file is 8 bytes of length (little endian), a JSON header of that length, and the tensors'
// bytes:
//   {"__metadata__": {key: text}, NAME: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
// The header is not to be trusted. It is read token by token against this one schema, so that no tree of a
// hostile file's making is ever built, and a key given twice is seen; then the offsets are held against the
// file's size.
#include "io/safetensors_header.h"

#include "coppice/error.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "io/json_text.h"

namespace coppice {

static_assert(std::endian::native == std::endian::little, "files hold little-endian numbers");

namespace {

using nlohmann::json;

constexpr std::uint64_t kLengthBytes = 8;

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw BadInput(fmt::format(
      "{}: {}; the file is damaged, cut off or no safetensors file: copy or write it again", where, what));
}

class HeaderReader : public nlohmann::json_sax<json> {
 public:
  HeaderReader(std::string where) : where_(std::move(where)) {}

  SafetensorsHeader header;

  bool start_object(std::size_t) override {
    if (at_ == At::kOutside) return enter(At::kTop);
    if (at_ != At::kTop) unexpected("an object");
    if (name_ == "__metadata__") return enter(At::kMetadata);
    header.entries.push_back({name_, DType::kF32, {}, 0, 0});
    offsets_.clear();
    fields_.clear();
    return enter(At::kTensor);
  }
  bool key(std::string& text) override {
    if (at_ == At::kTop) {
      if (!names_.insert(text).second) refuse(where_, fmt::format("{} appears twice", printable(text)));
      name_ = std::move(text);
      return true;
    }
    field_ = std::move(text);
    if (at_ == At::kMetadata && header.metadata.count(field_) != 0)
      refuse(where_, fmt::format("metadata key {} appears twice", printable(field_)));
    if (at_ == At::kTensor) {
      if (field_ != "dtype" && field_ != "shape" && field_ != "data_offsets")
        refuse_tensor(fmt::format("unknown field {}", printable(field_)));
      if (!fields_.insert(field_).second) refuse_tensor(fmt::format("{} appears twice", field_));
    }
    return true;
  }
  bool end_object() override {
    if (at_ == At::kTensor) {
      for (const char* field : {"dtype", "shape", "data_offsets"}) {
        if (fields_.count(field) == 0) refuse_tensor(fmt::format("has no {}", field));
      }
      header.entries.back().begin = offsets_[0];
      header.entries.back().end = offsets_[1];
    }
    return enter(at_ == At::kTop ? At::kOutside : At::kTop);
  }
  bool start_array(std::size_t) override {
    if (at_ == At::kTensor && field_ == "shape") return enter(At::kShape);
    if (at_ == At::kTensor && field_ == "data_offsets") return enter(At::kOffsets);
    unexpected("a list");
  }
  bool end_array() override {
    if (at_ == At::kOffsets && offsets_.size() != 2)
      refuse_tensor(fmt::format("data_offsets has {} numbers instead of 2", offsets_.size()));
    return enter(At::kTensor);
  }
  bool string(std::string& text) override {
    if (at_ == At::kMetadata) {
      header.metadata.emplace(field_, std::move(text));
    } else if (at_ == At::kTensor && field_ == "dtype") {
      try {
        header.entries.back().dtype = dtype_from_name(text);
      } catch (const BadInput& error) {
        throw BadInput(fmt::format("{}: tensor {}: {}", where_, printable(name_), error.what()));
      }
    } else {
      unexpected("a string");
    }
    return true;
  }
  bool number_unsigned(std::uint64_t number) override {
    if (at_ == At::kOffsets) {
      offsets_.push_back(number);
    } else if (at_ == At::kShape && number <= std::numeric_limits<std::int64_t>::max()) {
      header.entries.back().shape.push_back(static_cast<std::int64_t>(number));
    } else {
      unexpected(fmt::format("the number {}", number));
    }
    return true;
  }
  bool number_integer(std::int64_t number) override { unexpected(fmt::format("the number {}", number)); }
  bool number_float(double, const std::string& text) override {
    unexpected(fmt::format("the number {}", text.substr(0, 40)));
  }
  bool boolean(bool value) override { unexpected(value ? "true" : "false"); }
  bool null() override { unexpected("null"); }
  bool binary(json::binary_t&) override { unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    refuse(where_,
           fmt::format("the header is no valid JSON at byte {} of the file", kLengthBytes + position - 1));
  }

 private:
  enum class At { kOutside, kTop, kMetadata, kTensor, kShape, kOffsets };

  bool enter(At at) {
    at_ = at;
    return true;
  }
  [[noreturn]] void refuse_tensor(const std::string& what) {
    refuse(where_, fmt::format("tensor {}: {}", printable(name_), what));
  }
  [[noreturn]] void unexpected(const std::string& found) {
    switch (at_) {
      case At::kOutside: refuse(where_, fmt::format("the header is {}, not an object", found));
      case At::kTop: refuse(where_, fmt::format("entry {} is {}, not an object", printable(name_), found));
      case At::kMetadata:
        refuse(where_, fmt::format("metadata key {} is {}, not a string", printable(field_), found));
      case At::kTensor: refuse_tensor(fmt::format("{} is {}", field_, found));
      default: refuse_tensor(fmt::format("{} holds {}, not sizes", field_, found));
    }
  }

  std::string where_, name_, field_;
  At at_ = At::kOutside;
  std::vector<std::uint64_t> offsets_;
  std::set<std::string> names_, fields_;
};

/// The entries, sorted by offset, must cover [0, size) without overlap or hole.
void check_layout(std::vector<SafetensorsEntry>& entries, std::uint64_t start, std::uint64_t size,
                  const std::string& where) {
  const auto say = [&](const SafetensorsEntry& entry, const std::string& what) {
    refuse(where, fmt::format("tensor {}: data_offsets [{}, {}] (the data starts at byte {} of the file) {}",
                              printable(entry.name), entry.begin, entry.end, start, what));
  };
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin > entry.end) say(entry, "run backwards");
    if (entry.end > size) say(entry, fmt::format("pass the end: {} bytes of data are there", size));
    std::uint64_t count = 0;
    try {
      count = static_cast<std::uint64_t>(element_count(entry.shape));
    } catch (const BadInput& error) {
      refuse(where, fmt::format("tensor {}: {}", printable(entry.name), error.what()));
    }
    const std::uint64_t each = size_of(entry.dtype), bytes = entry.end - entry.begin;
    if (bytes % each != 0 || bytes / each != count) {
      say(entry, fmt::format("are {} bytes, but its shape has {} elements of {} ({} bytes each)", bytes,
                             count, dtype_name(entry.dtype), each));
    }
  }
  std::ranges::sort(entries, [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t covered = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin < covered)
      say(entry, fmt::format("overlap the tensor before, which ends at {}", covered));
    if (entry.begin > covered) say(entry, fmt::format("leave a hole: the tensor before ends at {}", covered));
    covered = entry.end;
  }
  if (covered != size) {
    refuse(where,
           fmt::format("{} bytes from byte {} on belong to no tensor", size - covered, start + covered));
  }
}

}  // namespace

std::uint64_t header_length(std::string_view first, std::uint64_t file_size, const std::string& where) {
  const bool header_follows = first.size() > kLengthBytes && first[kLengthBytes] == '{';
  const bool zip = first.starts_with("PK\3\4") && !header_follows;
  if (zip || first.starts_with("\x80\x02\x8a\x0a")) {
    throw BadInput(where +
                   ": this is a PyTorch pickle archive; reading .pt is not served yet: save it with "
                   "safetensors.torch.save_file");
  }
  if (file_size == 0) refuse(where, "the file is empty");
  if (file_size < kLengthBytes) refuse(where, fmt::format("{} bytes cannot hold a header", file_size));
  std::uint64_t length = 0;
  std::memcpy(&length, first.data(), kLengthBytes);
  if (length > file_size - kLengthBytes)
    refuse(where,
           fmt::format("the header of {} bytes passes the end of the file of {} bytes", length, file_size));
  if (length > kMaxHeaderBytes)
    refuse(where, fmt::format("the header of {} bytes is longer than {}", length, kMaxHeaderBytes));
  if (!header_follows || length == 0) refuse(where, "the header at byte 8 does not begin with '{'");
  return length;
}

SafetensorsHeader parse_header(std::string_view text, std::uint64_t file_size, const std::string& where) {
  // The JSON reader takes a zero byte for the end and would not look at what follows.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
    refuse(where, fmt::format("the header has a zero byte at byte {} of the file", kLengthBytes + zero));
  HeaderReader reader(where);
  json::sax_parse(text, &reader);
  const std::uint64_t start = kLengthBytes + text.size();
  check_layout(reader.header.entries, start, file_size - start, where);
  return std::move(reader.header);
}

}  // namespace coppice
