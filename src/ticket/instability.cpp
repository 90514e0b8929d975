#include "coppice/connect.h"
#include "coppice/error.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/files.h"
#include "ticket/copies.h"
#include "ticket/dense.h"
#include "ticket/run_folder.h"
#include "ticket/session.h"

namespace coppice {

namespace {

/// What decides the dense training, and nothing else: configs that differ in how they prune share a folder.
Config dense_only(Config config) {
  config.name = "instability-" + config.name;  // the beginning of the name still names the search's run
  config.prune = {};
  config.prune.levels = 0;
  config.retrain = {};
  config.search = {};
  config.control = {};
  return config;
}

std::vector<std::int64_t> steps_of(const std::vector<Length>& from, const SearchPlan& plan) {
  std::vector<std::int64_t> steps;
  for (const Length& length : from) {
    steps.push_back(length.in_steps(plan.steps_per_epoch));
    if (steps.back() < plan.steps_per_level) continue;
    throw BadInput(fmt::format(
        "{}: step {} does not lie before the end of training at step {} ({} an epoch), where nothing parts",
        length.text(), steps.back(), plan.steps_per_level, plan.steps_per_epoch));
  }
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  if (steps.empty()) throw BadInput("no step to part at: name at least one");
  return steps;
}

LevelRecord train_dense(Session& session, std::int64_t replicate, const std::vector<std::int64_t>& steps) {
  const ReplicatePaths paths = session.paths.replicate(replicate);
  Stint stint = dense_training(session, replicate, full_masks(session.network, {}));
  make_folder(paths.copies());
  for (const std::int64_t step : steps) {
    const bool begun = std::filesystem::exists(paths.copy(step).record());
    if (step > 0 && !begun) stint.snapshots.push_back({step, paths.snapshot(step), false});
  }
  return session.train(stint);
}

}  // namespace

Instability find_instability(const Network& network, const Data& data, const Config& config,
                             const std::vector<Length>& from, const SearchOptions& options,
                             std::int64_t examples) {
  Session session(network, data, dense_only(config), options);
  const std::vector<std::int64_t> steps = steps_of(from, session.plan);
  session.plan.total_steps = session.plan.steps_per_level;
  for (const std::int64_t step : steps) session.plan.total_steps += session.plan.steps_per_level - step;
  session.plan.total_steps *= session.config.replicates;
  RunFolder folder(session.config, network, data, options, session.device);
  session.open(folder.paths());
  Instability out;
  out.folder = session.paths.folder.string();
  out.steps_per_epoch = session.plan.steps_per_epoch;
  out.length = session.plan.steps_per_level;
  std::vector<Energy> energy;
  const auto spend = [&](std::int64_t count, double time_s, const Energy& joules) {
    out.cost.steps += count;
    out.cost.time_s += time_s;
    energy.push_back(joules);
  };
  folder.record([&] {
    for (std::int64_t replicate = 1; replicate <= session.config.replicates; ++replicate) {
      const LevelRecord dense = train_dense(session, replicate, steps);
      spend(dense.steps, dense.time_s, dense.energy);
      session.result.records.push_back(dense);
      session.write_curve();
      Copies copies(session, replicate, {Split::kTrain, Split::kValidation, Split::kTest}, examples);
      for (const std::int64_t step : steps) {
        out.partings.push_back(copies.at(step));
        const Parting& parting = out.partings.back();
        spend(parting.steps, parting.time_s, parting.energy);
        remove_path(session.paths.replicate(replicate).snapshot(step));
        session.note(told(parting));
      }
    }
    return "";
  });
  out.cost.energy = total_energy(energy);
  return out;
}

}  // namespace coppice
