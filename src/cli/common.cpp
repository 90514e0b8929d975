#include "cli/common.h"

#include "coppice/error.h"

#include <filesystem>

#include <fmt/format.h>

#include "base/paths.h"
#include "base/text.h"

namespace coppice {

namespace fs = std::filesystem;

std::string find_run(const std::string& typed, const CommonOptions& common) {
  const auto is_run = [](const fs::path& folder) { return fs::exists(RunPaths{folder}.run()); };
  if (is_run(typed)) return typed;
  if (is_run(fs::path(common.runs) / typed)) return (fs::path(common.runs) / typed).string();
  std::vector<std::string> names, matching;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(common.runs, error)) {
    if (!is_run(entry.path())) continue;
    names.push_back(entry.path().filename().string());
    if (names.back().starts_with(typed)) matching.push_back(entry.path().string());
  }
  if (matching.size() == 1) return matching.front();
  if (matching.size() > 1) {
    std::sort(matching.begin(), matching.end());
    throw BadInput(fmt::format("'{}' is the beginning of several runs: {}", typed, join(matching, ", ")));
  }
  const std::string hint =
      names.empty() ? fmt::format(" ({} holds no runs; begin one with 'coppice prune CONFIG')", common.runs)
                    : did_you_mean(typed, names);
  throw BadInput(
      fmt::format("{}: no run's folder, and no run of that name in {}{}", typed, common.runs, hint));
}

}  // namespace coppice
