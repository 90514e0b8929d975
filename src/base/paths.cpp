#include "base/paths.h"

#include <fmt/format.h>

namespace coppice {

LevelPaths ReplicatePaths::level(std::int64_t number) const {
  return {folder / fmt::format("level-{:02}", number)};
}

ReplicatePaths RunPaths::replicate(std::int64_t number) const {
  return {number == 1 ? folder : folder / fmt::format("replicate-{:02}", number)};
}

ReplicatePaths ReplicatePaths::branch(const std::string& name) const {
  return {name.empty() ? folder : folder / ("control-" + name)};
}

std::filesystem::path RunPaths::comparison(const std::string& device, std::int64_t level,
                                           const std::string& suffix) const {
  return compare() / fmt::format("{}-level-{:02}{}.json", device, level, suffix);
}

}  // namespace coppice
