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
  if (name.empty()) return {folder};
  return {folder / (name == kScoutBranch ? name : "control-" + name)};
}

LevelPaths ReplicatePaths::copy(std::int64_t step) const {
  return {copies() / fmt::format("step-{:06}", step)};
}

std::filesystem::path ReplicatePaths::snapshot(std::int64_t step) const {
  return copies() / fmt::format("snapshot-{:06}.safetensors", step);
}

std::filesystem::path RunPaths::comparison(const std::string& device, std::int64_t level,
                                           const std::string& suffix) const {
  return compare() / fmt::format("{}-level-{:02}{}.json", device, level, suffix);
}

}  // namespace coppice
