#include "measure/caches.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace coppice {

namespace fs = std::filesystem;

namespace {

std::string first_line(const fs::path& path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

/// "48K" -> 49152; 0 for anything else.
std::int64_t size_in_bytes(const std::string& text) {
  std::istringstream stream(text);
  std::int64_t size = 0;
  char unit = 'B';
  stream >> size >> unit;
  const std::int64_t factor = unit == 'B' ? 1 : unit == 'K' ? 1 << 10 : unit == 'M' ? 1 << 20 : 0;
  return size > 0 && size < (std::int64_t{1} << 40) ? size * factor : 0;
}

/// "0-3,8" -> 5; at least 1.
int count_in_list(const std::string& text) {
  std::istringstream ranges(text);
  int count = 0;
  for (std::string range; std::getline(ranges, range, ',');) {
    std::istringstream ends(range);
    int first = 0, last = 0;
    char dash = 0;
    if (!(ends >> first)) continue;
    if (!(ends >> dash >> last)) last = first;
    count += std::max(1, last - first + 1);
  }
  return std::max(1, count);
}

}  // namespace

Caches data_caches(const fs::path& root) {
  Caches caches;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root / "sys/devices/system/cpu/cpu0/cache", error)) {
    const std::string type = first_line(entry.path() / "type");
    if (type != "Data" && type != "Unified") continue;
    CacheLevel level;
    level.level = std::atoi(first_line(entry.path() / "level").c_str());
    level.bytes = size_in_bytes(first_line(entry.path() / "size"));
    level.cores = count_in_list(first_line(entry.path() / "shared_cpu_list"));
    if (level.level > 0 && level.bytes > 0) caches.levels.push_back(level);
  }
  std::sort(caches.levels.begin(), caches.levels.end(),
            [](const CacheLevel& a, const CacheLevel& b) { return a.level < b.level; });
  if (caches.levels.empty() || caches.levels.front().level != 1) {
    constexpr int kAll = std::numeric_limits<int>::max() / 2;
    return {{{1, 32 << 10, 1}, {2, 512 << 10, 1}, {3, 16 << 20, kAll}}, true};
  }
  // The lists hold hardware threads, and those of one core share its first level.
  const int per_core = caches.levels.front().cores;
  for (CacheLevel& level : caches.levels) level.cores = std::max(1, level.cores / per_core);
  return caches;
}

}  // namespace coppice
