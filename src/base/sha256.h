#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace coppice {

/// SHA-256 (FIPS 180-4), incremental.
class Sha256 {
 public:
  Sha256();
  void add(const void* data, std::size_t size);
  void add(std::string_view text) { add(text.data(), text.size()); }
  std::string hex();  ///< 64 hexadecimal digits; the object is spent afterwards.

 private:
  void block(const std::uint8_t* data);
  std::array<std::uint32_t, 8> state_;
  std::array<std::uint8_t, 64> buffer_;
  std::uint64_t length_ = 0;
};

/// Of a file's bytes. Throws BadInput where it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace coppice
