#include "base/files.h"

#include "coppice/error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

namespace coppice {

namespace fs = std::filesystem;

static constexpr std::string_view kTemporary = ".part";

std::string read_file(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error))
    throw BadInput(fmt::format("{}: is a folder, not a file", path.string()));
  std::ifstream file(path, std::ios::binary);
  if (!file) throw BadInput(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  std::ostringstream content;
  content << file.rdbuf();
  if (file.bad()) throw BadInput(fmt::format("{}: reading failed", path.string()));
  return std::move(content).str();
}

namespace {

[[noreturn]] void fail(const fs::path& path, const char* what) {
  const int number = errno;
  const char* hint = number == ENOSPC ? "; free some space and run the same command again" : "";
  throw Failure(fmt::format("{}: {} failed: {}{}", path.string(), what, std::strerror(number), hint));
}

/// A file that disappears again unless it is kept.
class Temporary {
 public:
  explicit Temporary(const fs::path& target)
      : target_(target), path_(target.string() + std::string(kTemporary)) {
    descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) fail(target_, "creating");
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!kept_) ::unlink(path_.c_str());
  }
  void write(const void* data, std::size_t size) {
    const char* bytes = static_cast<const char*>(data);
    while (size != 0) {
      const ssize_t done = ::write(descriptor_, bytes, size);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) fail(target_, "writing");
      bytes += done, size -= static_cast<std::size_t>(done);
    }
  }
  void keep() {
    if (::fsync(descriptor_) != 0) fail(target_, "syncing");
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) fail(target_, "closing");
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail(target_, "renaming");
    kept_ = true;
    const fs::path folder = target_.has_parent_path() ? target_.parent_path() : fs::path(".");
    const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle >= 0) {
      ::fsync(handle);  // the rename itself; some file systems refuse, and then there is nothing more to do
      ::close(handle);
    }
  }

 private:
  fs::path target_, path_;
  int descriptor_ = -1;
  bool kept_ = false;
};

}  // namespace

void write_file_atomically(
    const fs::path& path,
    const std::function<void(const std::function<void(const void*, std::size_t)>&)>& produce) {
  Temporary file(path);
  produce([&](const void* data, std::size_t size) { file.write(data, size); });
  file.keep();
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  write_file_atomically(path, [&](const auto& write) { write(content.data(), content.size()); });
}

int remove_temporaries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error, ignored;
  auto entry = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == kTemporary && entry->is_regular_file(ignored))
      found.push_back(entry->path());
  }
  int removed = 0;
  for (const fs::path& path : found) removed += fs::remove(path, ignored);
  return removed;
}

void remove_path(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) throw Failure(fmt::format("{}: cannot be removed: {}", path.string(), error.message()));
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error && !fs::is_directory(path, error) && !error)
    error = std::make_error_code(std::errc::not_a_directory);
  if (error) throw Failure(fmt::format("{}: cannot be created: {}", path.string(), error.message()));
}

}  // namespace coppice
