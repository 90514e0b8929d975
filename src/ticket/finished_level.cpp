#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/sha256.h"
#include "ticket/level.h"
#include "ticket/record.h"

namespace coppice {

namespace fs = std::filesystem;

std::optional<LevelRecord> finished_level(const LevelPaths& paths, bool weights_may_be_gone) {
  if (!fs::exists(paths.record())) return std::nullopt;
  LevelRecord record = reading(paths.record(), [&](const Json& json) {
    for (const auto& [name, sha256] : json.at("sha256").items()) {
      const fs::path file = paths.folder / name;
      const bool weights = file == paths.model() || file == paths.scored();
      if (weights && weights_may_be_gone && !fs::exists(file)) continue;
      if (sha256_of_file(file) != sha256.template get<std::string>()) {
        throw BadInput(
            fmt::format("{}: was changed after it was written (its sha256 is not the one in {}); restore it, "
                        "or remove the folder {} to train that level again",
                        file.string(), paths.record().string(), paths.folder.string()));
      }
    }
    return record_from_json(json);
  });
  record.masks = read_masks(paths.mask().string());
  if (fs::exists(paths.state())) remove_path(paths.state());
  return record;
}

}  // namespace coppice
