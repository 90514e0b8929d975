#include "ticket/early/scout.h"

#include "coppice/checkpoint.h"
#include "coppice/error.h"
#include "coppice/prune.h"

#include <limits>

#include <fmt/format.h>

#include "base/files.h"
#include "ticket/level.h"
#include "ticket/plan.h"
#include "ticket/prune_level.h"
#include "ticket/record.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

Tensors weights_in(const fs::path& file) { return read_checkpoint(file.string()).tensors; }

/// The weights at a draw, kept until the level is finished.
fs::path draw_file(const LevelPaths& files, std::int64_t step) {
  return files.folder / fmt::format("draw-{}.safetensors", step);
}

}  // namespace

fs::path scout_start(const ReplicatePaths& paths, std::int64_t level) {
  return level == 0 ? paths.init() : paths.branch(kScoutBranch).level(level - 1).model();
}

Scout::Scout(Session& session, std::int64_t replicate)
    : session_(session),
      replicate_(replicate),
      dense_(read_metrics(session.paths.replicate(replicate).level(0).metrics(),
                          std::numeric_limits<std::int64_t>::max())) {}

LevelPaths Scout::files(std::int64_t level) const {
  return session_.paths.replicate(replicate_).branch(kScoutBranch).level(level);
}

Masks Scout::drawn(std::int64_t level, const Masks& masks, const Tensors& weights) const {
  auto rule = next_rule(session_.config, masks, level);
  if (!rule) rule = shrink_rule(session_.config.prune, masks);  // the last level is looked at like the others
  const auto start = [&] { return weights_in(scout_start(session_.paths.replicate(replicate_), level)); };
  return prune_level({session_.network, session_.config, masks, weights, start,
                      [&]() -> const Data& { return session_.data; }, [&] { return session_.device; },
                      session_.seed(replicate_), level},
                     *rule);
}

std::optional<Masks> Scout::next_masks() const {
  if (records_.empty()) return full_masks(session_.network, session_.config.prune.exclude);
  const LevelRecord& last = records_.back();
  const auto rule = next_rule(session_.config, last.masks, last.level);
  if (!rule) return std::nullopt;
  const auto found = finished_level(files(last.level + 1), true);
  if (found && kept(found->masks) == kept_after(*rule, last.masks) && nested_in(found->masks, last.masks))
    return found->masks;
  try {
    return drawn(last.level, last.masks, weights_in(files(last.level).model()));
  } catch (const LayerCollapse& collapse) {
    session_.note(fmt::format("the short run ended after level {}: {}", last.level, collapse.what()));
    return std::nullopt;
  }
}

bool Scout::advance() {
  // Longer than the dense network's, no training tells anything about it.
  if (!records_.empty() &&
      records_.back().final.step + session_.plan.draw_steps > session_.plan.steps_per_level)
    return false;
  const auto masks = next_masks();
  if (!masks) return false;
  const Stint next = stint(static_cast<std::int64_t>(records_.size()), *masks);
  const LevelRecord record = session_.train(next);
  look(next, record);
  records_.push_back(record);
  return true;
}

Stint Scout::stint(std::int64_t level, const Masks& masks) const {
  const SearchPlan& plan = session_.plan;
  const std::int64_t draw = plan.draw_steps;
  Stint stint;
  stint.branch = kScoutBranch;
  stint.replicate = replicate_;
  stint.level = level;
  stint.files = files(level);
  stint.masks = masks;
  const fs::path start = level == 0 ? session_.paths.replicate(replicate_).init() : files(level - 1).model();
  stint.start = [start] { return weights_in(start); };
  stint.first_step = level == 0 ? 0 : records_.back().final.step;
  const std::int64_t most = first_draw(stint) + (session_.config.search.draws - 1) * draw;
  stint.last_step = std::min(most, std::max(plan.steps_per_level / draw, std::int64_t{1}) * draw);
  stint.evaluate_every = draw;
  for (std::int64_t step = first_draw(stint) - draw; step < stint.last_step; step += draw)
    stint.snapshots.push_back({step, draw_file(stint.files, step), false});
  stint.settled = [this, stint](const std::vector<Evaluation>& evaluations, const Tensors& weights) {
    const std::int64_t now = evaluations.back().step;
    return now >= first_draw(stint) && change_at(stint, now, weights) <= session_.config.search.settled;
  };
  return stint;
}

std::int64_t Scout::first_draw(const Stint& stint) const {
  return stint.level == 0 ? session_.plan.prune_from : stint.first_step + session_.plan.draw_steps;
}

double Scout::change_at(const Stint& stint, std::int64_t step, const Tensors& weights) const {
  const Tensors before = weights_in(draw_file(stint.files, step - session_.plan.draw_steps));
  try {
    return disagreement(drawn(stint.level, stint.masks, before), drawn(stint.level, stint.masks, weights),
                        stint.masks);
  } catch (const LayerCollapse&) {
    return 0;  // there is no next mask to wait for
  }
}

void Scout::look(const Stint& stint, const LevelRecord& record) {
  Sighting seen;
  seen.level = stint.level;
  seen.density = record.density.of_prunable;
  seen.step = record.final.step;
  seen.draws = (seen.step - first_draw(stint)) / session_.plan.draw_steps + 1;
  const fs::path file = stint.files.folder / "change.json";
  if (!fs::exists(file)) {
    const double change = change_at(stint, seen.step, weights_in(stint.files.model()));
    write_file_atomically(file, Json{{"change", change}}.dump() + "\n");
  }
  for (const Snapshot& snapshot : stint.snapshots) remove_path(snapshot.file);
  seen.change = reading(file, [](const Json& json) { return json.at("change").get<double>(); });
  seen.accuracy = record.final.validation->accuracy();
  seen.dense = accuracy_near(dense_, seen.step, session_.plan.steps_per_level / 20);
  sightings_.push_back(seen);
}

}  // namespace coppice
