#include "io/input_file.h"

#include "coppice/error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace coppice {

InputFile::InputFile(const std::string& path) : path_(path) {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever instead of being refused
  // below.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw BadInput(fmt::format("{}: cannot be opened: {}", path, std::strerror(errno)));
  struct stat about {};
  const bool known = ::fstat(descriptor_, &about) == 0;
  if (!known || !S_ISREG(about.st_mode)) {
    ::close(descriptor_);
    throw BadInput(fmt::format("{}: is not a regular file{}", path,
                               known && S_ISDIR(about.st_mode) ? " but a folder: name a file in it" : ""));
  }
  size_ = static_cast<std::uint64_t>(about.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read_at(std::uint64_t offset, void* to, std::size_t size) const {
  char* out = static_cast<char*>(to);
  while (size != 0) {
    const ssize_t got = ::pread(descriptor_, out, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw BadInput(fmt::format("{}: reading at byte {} failed: {}", path_, offset, std::strerror(errno)));
    if (got == 0) throw BadInput(fmt::format("{}: ended at byte {} while being read", path_, offset));
    out += got, offset += static_cast<std::uint64_t>(got), size -= static_cast<std::size_t>(got);
  }
}

}  // namespace coppice
