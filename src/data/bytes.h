#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace coppice::data {

/// A data file that is being read: its name for messages, and what to do about it if it is broken.
struct Source {
  std::string file;    ///< Path as the user can find it.
  std::string remedy;  ///< "download it again", ...
};

/// Throws BadInput "<file>: <problem>; <remedy>".
[[noreturn]] void refuse(const Source& source, const std::string& problem);

/// The whole file. Throws BadInput where it is missing, a folder, empty or not readable.
std::string read_source(const Source& source);

/// The content of a file held in memory, from front to back, decompressed where it is gzip (told by its first
/// two bytes, so a wrong extension does no harm).
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> file, const Source& source);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  /// Reads up to `size` bytes; fewer only at the end. Throws BadInput where the gzip stream is damaged or cut
  /// off.
  std::size_t read(std::byte* out, std::size_t size);

  bool compressed() const { return inflater_ != nullptr; }
  std::size_t offset() const { return offset_; }  ///< Decoded bytes read so far.
  /// No more decoded bytes than this can follow: the rest of a plain file, or what deflate's densest code
  /// makes of the rest of a gzip file. Bounds every allocation that a header asks for.
  std::size_t at_most() const;

 private:
  struct Inflater;
  std::span<const std::byte> file_;
  const Source& source_;
  std::size_t offset_ = 0;
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace coppice::data
