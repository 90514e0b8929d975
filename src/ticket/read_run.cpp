#include "coppice/checkpoint.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "ticket/controls.h"
#include "ticket/plan.h"
#include "ticket/record.h"

namespace coppice {

namespace fs = std::filesystem;

static LevelRecord read_level(const LevelPaths& files) {
  LevelRecord record = reading(files.record(), record_from_json);
  record.masks = read_masks(files.mask().string());
  return record;
}

/// The finished levels of a branch that need not have all of them.
static std::vector<LevelRecord> read_levels(const ReplicatePaths& branch) {
  std::vector<LevelRecord> records;
  if (!fs::exists(branch.folder)) return records;
  for (const auto& entry : fs::directory_iterator(branch.folder)) {
    const LevelPaths files{entry.path()};
    if (entry.is_directory() && entry.path().filename().string().starts_with("level-") &&
        fs::exists(files.record()))
      records.push_back(read_level(files));
  }
  std::sort(records.begin(), records.end(),
            [](const LevelRecord& a, const LevelRecord& b) { return a.level < b.level; });
  return records;
}

RunContent read_run(const std::string& folder) {
  const RunPaths paths{folder};
  if (!fs::exists(paths.run())) {
    throw BadInput(fmt::format("{}: is no run's folder (no run.json in it)", folder));
  }
  RunContent content;
  content.config = load_config(paths.config().string());
  content.status =
      reading(paths.run(), [](const Json& json) { return json.at("status").get<std::string>(); });
  for (std::int64_t replicate = 1; replicate <= content.config.replicates; ++replicate) {
    if (content.config.search.method == "early-bird") {
      const ReplicatePaths files = paths.replicate(replicate);
      std::ranges::copy(read_levels(files), std::back_inserter(content.records));
      std::ranges::copy(read_levels(files.branch(kScoutBranch)), std::back_inserter(content.scouts));
      continue;
    }
    for (std::int64_t level = 0; fs::exists(paths.replicate(replicate).level(level).record()); ++level) {
      content.records.push_back(read_level(paths.replicate(replicate).level(level)));
      // Deeper levels of an earlier, greater extent are not part of what the config now asks for.
      if (!next_rule(content.config, content.records.back().masks, level)) break;
    }
  }
  for (const LevelRecord& record : content.records) {
    for (const std::string& name : control_names(content.config.control)) {
      const LevelPaths files = paths.replicate(record.replicate).branch(name).level(record.level);
      if (record.level > 0 && fs::exists(files.record())) content.controls.push_back(read_level(files));
    }
  }
  if (fs::exists(paths.ticket())) content.ticket = reading(paths.ticket(), ticket_from_json);
  return content;
}

}  // namespace coppice
