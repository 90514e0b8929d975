#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

namespace coppice {

/// A level of the data caches, as the first processor sees it.
struct CacheLevel {
  int level = 1;
  std::int64_t bytes = 0;  ///< Of one cache.
  int cores = 1;           ///< That share one; two hardware threads of a core count once.

  /// What so many threads, one a core and on neighbouring cores, have of it together.
  std::int64_t capacity(int threads) const { return bytes * ((threads + cores - 1) / cores); }
  bool operator==(const CacheLevel&) const = default;
};

struct Caches {
  std::vector<CacheLevel> levels;  ///< The smallest and fastest first; never empty.
  bool assumed = false;            ///< The machine does not say: sizes of common processors.
};

/// From <root>/sys/devices/system/cpu/cpu0/cache.
Caches data_caches(const std::filesystem::path& root = "/");

}  // namespace coppice
