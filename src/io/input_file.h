#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace coppice {

/// A regular file opened for reading at offsets: its size is known before anything is allocated for what it
/// says.
class InputFile {
 public:
  /// Throws BadInput where it is not there, not readable, or no regular file.
  explicit InputFile(const std::string& path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  std::uint64_t size() const { return size_; }
  /// Throws BadInput where the file ends before, or the disk does not give it.
  void read_at(std::uint64_t offset, void* to, std::size_t size) const;

 private:
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace coppice
