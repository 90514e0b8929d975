#include "ticket/level_end.h"

#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <fmt/format.h>

#include "ticket/record.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

ReplicatePaths branch_of(const LevelName& name) {
  return RunPaths{name.run}.replicate(name.replicate).branch(name.branch);
}

std::string place_of(const LevelName& name) {
  return fmt::format("{}{}{}", name.run,
                     name.replicate > 1 ? fmt::format(", replicate {}", name.replicate) : "",
                     name.branch.empty() ? "" : ", control " + name.branch);
}

/// Numbers of the levels that are finished there, ascending.
std::vector<std::int64_t> finished(const LevelName& name) {
  std::vector<std::int64_t> levels;
  for (std::int64_t level = name.branch.empty() ? 0 : 1; fs::exists(branch_of(name).level(level).record());
       ++level)
    levels.push_back(level);
  if (levels.empty()) throw BadInput(fmt::format("{}: has no finished level", place_of(name)));
  return levels;
}

std::int64_t level_of(const LevelName& name) {
  const std::vector<std::int64_t> levels = finished(name);
  if (name.level) {
    if (*name.level >= levels.front() && *name.level <= levels.back()) return *name.level;
    throw BadInput(fmt::format("{}: has no finished level {}; there are {} to {}", place_of(name),
                               *name.level, levels.front(), levels.back()));
  }
  const RunPaths paths{name.run};
  const std::int64_t ticket =
      fs::exists(paths.ticket()) ? reading(paths.ticket(), ticket_from_json).level : 0;
  return ticket >= 1 && ticket <= levels.back() ? ticket : levels.back();
}

}  // namespace

LevelEnd read_end(const LevelName& name) {
  const RunPaths paths{name.run};
  LevelEnd end;
  end.data = reading(paths.run(), [](const Json& json) { return json.at("data"); });
  end.named.name = name;
  end.named.name.level = level_of(name);
  const LevelPaths files = branch_of(name).level(*end.named.name.level);
  if (!fs::exists(files.model())) {
    throw BadInput(fmt::format("{}: the weights of level {} were not kept (--keep ticket)", place_of(name),
                               *end.named.name.level));
  }
  Checkpoint checkpoint = read_checkpoint(files.model().string());
  end.network = std::move(checkpoint.network);
  end.tensors = std::move(checkpoint.tensors);
  end.masks = read_masks(files.mask().string());
  end.named.density = reading(files.record(), record_from_json).density.of_prunable;
  return end;
}

}  // namespace coppice
