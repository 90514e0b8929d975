#pragma once
#include <string>
#include <vector>

#include <zlib.h>

namespace coppice {

/// A small IDX file, and the words its refusal must hold (none: it is to be read). The fuzzers start from
/// these.
struct IdxCase {
  std::string name;
  std::string bytes;
  std::vector<std::string> complaint;
};

inline std::string gzip(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// Header and content of an IDX file of unsigned bytes.
inline std::string idx_bytes(const std::vector<unsigned>& shape, const std::string& content) {
  std::string bytes{'\0', '\0', '\x08', static_cast<char>(shape.size())};
  for (const unsigned extent : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(extent >> shift & 255);
  }
  return bytes + content;
}

/// `count` images of 2x3 pixels, every byte another.
inline std::string idx_images(unsigned count) {
  std::string content;
  for (unsigned i = 0; i < count * 6; ++i) content += static_cast<char>(i * 7);
  return idx_bytes({count, 2, 3}, content);
}
inline std::string idx_labels(const std::string& labels) {
  return idx_bytes({static_cast<unsigned>(labels.size())}, labels);
}

/// Files where images are expected.
inline std::vector<IdxCase> idx_cases() {
  const std::string good = idx_images(4), packed = gzip(good);
  const auto changed = [](std::string bytes, std::size_t at, char to) {
    bytes[at] = to;
    return bytes;
  };
  std::string flipped = packed;
  flipped[packed.size() - 6] = static_cast<char>(flipped[packed.size() - 6] ^ 1);  // in the checksum
  return {
      {"good", good, {}},
      {"good-gzip", packed, {}},
      {"short-magic", good.substr(0, 3), {"offset 3", "inside the header"}},
      {"short-header", good.substr(0, 14), {"offset 14", "inside the header"}},
      {"web-page", "<!DOCTYPE html>", {"not an IDX file", "3c 21 44 4f", "web page"}},
      {"zip", "PK\x03\x04 and so on", {"not an IDX file", "50 4b 03 04"}},
      {"float", changed(good, 2, '\x0d'), {"0x0d", "offset 2", "unsigned bytes"}},
      {"two-dimensions", changed(good, 3, 2), {"2 dimensions at offset 3 instead of 3"}},
      {"labels", idx_labels("\1\2\3"), {"holds labels", "where images belong"}},
      {"no-images", idx_bytes({0, 2, 3}, ""), {"extent 0 at offset 4"}},
      {"no-height", idx_bytes({4, 0, 3}, ""), {"extent 0 at offset 8"}},
      {"huge-side", idx_bytes({4, 2, 0x7fffffff}, "abcdef"), {"2,147,483,647 pixels", "offset 12"}},
      {"huge", idx_bytes({0xffffffff, 0xffff, 0xffff}, "abcdef"), {"asks for more than", "offset 8"}},
      {"cut", good.substr(0, good.size() - 1), {"says 24 bytes", "offset 16", "there are 23"}},
      {"trailing", good + "xy", {"says 24 bytes", "2 more"}},
      {"gzip-cut", packed.substr(0, packed.size() - 9), {"cut off after"}},
      {"gzip-cut-header", packed.substr(0, 12), {"cut off after 12 bytes"}},
      {"gzip-checksum", flipped, {"gzip stream is damaged", "incorrect data check"}},
      {"gzip-damaged", changed(packed, 10, '\x07'), {"gzip stream is damaged at offset"}},
      {"gzip-trailing", packed + "xyz", {"3 bytes follow the end of the gzip stream"}},
      {"gzip-content-cut",
       gzip(good.substr(0, good.size() - 1)),
       {"says 24 bytes", "only 23 after decompression"}},
      {"gzip-content-trailing", gzip(good + "x"), {"says 24 bytes", "more after decompression"}},
      {"gzip-lying", gzip(idx_bytes({60000, 1000, 1000}, "a few")), {"says 60,000,000,000 bytes", "at most"}},
      {"gzip-lying-mildly",
       gzip(idx_bytes({50, 20, 20}, std::string(19, 'x'))),
       {"says 20,000 bytes", "only 19"}},
  };
}

}  // namespace coppice
