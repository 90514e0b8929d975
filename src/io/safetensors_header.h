#pragma once
#include "coppice/checkpoint.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace coppice {

/// Where one tensor lies: bytes [begin, end) of the data that follows the header.
struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  ///< By offset: together they cover the data exactly.
  Metadata metadata;
};

/// The format's own bound.
inline constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

/// The header's length from the file's first bytes (16 of them, or all there are). Throws BadInput where a
/// file of `file_size` bytes cannot hold it, and where the bytes are those of another format.
std::uint64_t header_length(std::string_view first, std::uint64_t file_size, const std::string& where);

/// Checks the whole header against the size of the file. Throws BadInput.
SafetensorsHeader parse_header(std::string_view json, std::uint64_t file_size, const std::string& where);

}  // namespace coppice
