#include "ticket/kept_level.h"

#include "coppice/error.h"

#include <filesystem>

#include <fmt/format.h>

namespace coppice {

namespace fs = std::filesystem;

LevelPaths kept_level(const std::string& folder, std::int64_t level) {
  const LevelPaths files = RunPaths{folder}.replicate(1).level(level);
  if (!fs::exists(files.record())) throw BadInput(fmt::format("{}: has no finished level {}", folder, level));
  if (!fs::exists(files.model())) {
    throw BadInput(fmt::format("{}: the weights of level {} were not kept (--keep ticket)", folder, level));
  }
  return files;
}

}  // namespace coppice
