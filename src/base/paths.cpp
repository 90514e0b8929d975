#include "base/paths.h"

#include <fmt/format.h>

namespace coppice {

LevelPaths ReplicatePaths::level(std::int64_t number) const {
  return {folder / fmt::format("level-{:02}", number)};
}

ReplicatePaths RunPaths::replicate(std::int64_t number) const {
  return {number == 1 ? folder : folder / fmt::format("replicate-{:02}", number)};
}

}  // namespace coppice
