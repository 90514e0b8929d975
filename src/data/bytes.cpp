#include "data/bytes.h"

#include "coppice/error.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <zlib.h>

#include "base/files.h"
#include "base/text.h"

namespace coppice::data {

void refuse(const Source& source, const std::string& problem) {
  throw BadInput(fmt::format("{}: {}; {}", source.file, problem, source.remedy));
}

std::string read_source(const Source& source) {
  std::error_code error;
  const auto status = std::filesystem::status(source.file, error);
  if (status.type() == std::filesystem::file_type::not_found) refuse(source, "does not exist");
  if (std::filesystem::is_directory(status)) refuse(source, "is a folder, not a file");
  // A pipe or a device might never end.
  if (!error && !std::filesystem::is_regular_file(status)) refuse(source, "is not a regular file");
  std::string content;
  try {
    content = read_file(source.file);
  } catch (const BadInput& unreadable) {
    throw BadInput(fmt::format("{}; check the permissions of the file and its folders", unreadable.what()));
  }
  if (content.empty()) refuse(source, "is empty");
  return content;
}

struct ByteReader::Inflater {
  z_stream stream{};
  bool ended = false;
  Inflater() {
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) throw Failure("zlib cannot be started");
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream); }
};

ByteReader::ByteReader(std::span<const std::byte> file, const Source& source) : file_(file), source_(source) {
  if (file.size() >= 2 && file[0] == std::byte{0x1f} && file[1] == std::byte{0x8b})
    inflater_ = std::make_unique<Inflater>();
}

ByteReader::~ByteReader() = default;

std::size_t ByteReader::at_most() const {
  if (!inflater_) return file_.size() - offset_;
  constexpr std::size_t kDensest = 1032;    // a 258-byte match in 2 bits
  constexpr std::size_t kWindow = 1 << 16;  // what inflate may hold back
  const std::size_t rest = file_.size() - inflater_->stream.total_in;
  return inflater_->ended ? 0 : rest * kDensest + kWindow;
}

std::size_t ByteReader::read(std::byte* out, std::size_t size) {
  if (!inflater_) {
    const std::size_t take = std::min(size, file_.size() - offset_);
    if (take != 0) std::memcpy(out, file_.data() + offset_, take);
    offset_ += take;
    return take;
  }
  z_stream& z = inflater_->stream;
  std::size_t done = 0;
  while (done < size && !inflater_->ended) {
    // zlib counts in 32 bits: hand it pieces.
    constexpr std::size_t kPiece = std::numeric_limits<uInt>::max() / 2;
    const std::size_t rest = file_.size() - z.total_in;
    const auto in = static_cast<uInt>(std::min(rest, kPiece));
    const auto room = static_cast<uInt>(std::min(size - done, kPiece));
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(file_.data() + z.total_in));
    z.avail_in = in;
    z.next_out = reinterpret_cast<Bytef*>(out + done);
    z.avail_out = room;
    const int code = inflate(&z, Z_NO_FLUSH);
    done += room - z.avail_out;
    if (code == Z_STREAM_END) {
      inflater_->ended = true;
      if (z.total_in != file_.size()) {
        refuse(source_, fmt::format("{} bytes follow the end of the gzip stream, at offset {}",
                                    grouped(static_cast<long long>(file_.size() - z.total_in)), z.total_in));
      }
    } else if (code == Z_MEM_ERROR) {
      throw Failure(fmt::format("{}: not enough memory to decompress it", source_.file));
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      refuse(source_, fmt::format("the gzip stream is damaged at offset {} ({})", z.total_in,
                                  z.msg ? z.msg : "no more is known"));
    } else if (in == z.avail_in && room == z.avail_out) {
      refuse(source_, fmt::format("the gzip stream is cut off after {} bytes",
                                  grouped(static_cast<long long>(file_.size()))));
    }
  }
  offset_ += done;
  return done;
}

}  // namespace coppice::data
