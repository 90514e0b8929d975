#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace coppice {

/// Writes a zip archive front to back: entries stored as they are, each one's data at a multiple of 64 bytes,
/// as PyTorch lays out its files so that they can be mapped into memory. Archives and entries beyond 4 GiB or
/// 65,535 entries take the zip64 form. The same entries give the same bytes.
class ZipWriter {
 public:
  explicit ZipWriter(std::function<void(const void*, std::size_t)> sink) : sink_(std::move(sink)) {}

  void add(const std::string& name, std::span<const std::byte> data);
  void add(const std::string& name, std::string_view text) { add(name, std::as_bytes(std::span(text))); }
  /// The table of contents: call it once, after the last entry.
  void finish();

 private:
  void put(const std::string& bytes);

  std::function<void(const void*, std::size_t)> sink_;
  std::string directory_;
  std::uint64_t entries_ = 0, offset_ = 0;
};

}  // namespace coppice
