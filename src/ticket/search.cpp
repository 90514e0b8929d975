// The search: for each replicate and level, rewind -> train -> evaluate -> score -> shrink the mask; then its
// controls. A level whose folder says that it is finished is read back instead of trained, so the same
// command resumes, and raising the levels or replicates, or asking for controls, goes on from what is there.
#include "coppice/checkpoint.h"
#include "coppice/error.h"

#include <fmt/format.h>

#include "base/files.h"
#include "ticket/controls.h"
#include "ticket/dense.h"
#include "ticket/early/early_search.h"
#include "ticket/early/regret.h"
#include "ticket/level.h"
#include "ticket/plan.h"
#include "ticket/prune_level.h"
#include "ticket/record.h"
#include "ticket/retrain.h"
#include "ticket/run_folder.h"
#include "ticket/session.h"
#include "ticket/stable_point.h"

namespace coppice {

namespace fs = std::filesystem;

namespace {

LevelRecord train_level(Session& session, std::int64_t replicate, std::int64_t level, const Masks& masks) {
  Stint stint = level == 0 ? dense_training(session, replicate, masks)
                           : retraining(session, "", replicate, level, masks);
  for (const Snapshot& snapshot : score_snapshots(session, stint)) stint.snapshots.push_back(snapshot);
  return session.train(stint);
}

/// The weights that decide how a finished level is pruned.
Tensors scored_weights(const Session& session, std::int64_t replicate, std::int64_t level) {
  const LevelPaths files = session.paths.replicate(replicate).level(level);
  const fs::path file = scored_file(files);
  if (!fs::exists(file)) {
    throw BadInput(
        fmt::format("{}: is not there (run with --keep ticket?), and pruning level {} needs it; remove the "
                    "folder {} to train that level again",
                    file.string(), level + 1, files.folder.string()));
  }
  return read_checkpoint(file.string()).tensors;
}

Masks prune(const Session& session, std::int64_t replicate, std::int64_t level, const Masks& masks,
            const ShrinkRule& rule) {
  const Tensors weights = scored_weights(session, replicate, level);
  const std::uint64_t seed = session.seed(replicate);
  const auto start = [&] {
    return level_start(session.config, session.network, session.paths.replicate(replicate), seed, level);
  };
  return prune_level(
      {session.network, session.config, masks, weights, start, [&]() -> const Data& { return session.data; },
       [&] { return session.device; }, seed, level},
      rule);
}

void end_early(Session& session, std::int64_t level, const std::string& why) {
  session.result.ended = fmt::format("the search ended after level {}: {}", level, why);
  session.note(session.result.ended);
  session.skip((static_cast<std::int64_t>(session.plan.kept.size()) - 1 - level) *
               session.plan.steps_per_retraining);
}

void search_levels(Session& session, std::int64_t replicate) {
  const ReplicatePaths paths = session.paths.replicate(replicate);
  Masks masks = full_masks(session.network, session.config.prune.exclude);
  std::optional<LevelRecord> found = finished_level(paths.level(0), true);
  for (std::int64_t level = 0;; ++level) {
    session.result.records.push_back(found && found->masks == masks
                                         ? session.read_back(*found)
                                         : train_level(session, replicate, level, masks));
    session.write_curve();
    settle_rewind_point(session, true);
    const auto rule = next_rule(session.config, masks, level);
    if (!rule) return;
    found = finished_level(paths.level(level + 1), true);
    try {
      const bool fits =
          found && kept(found->masks) == kept_after(*rule, masks) && nested_in(found->masks, masks);
      masks = fits ? found->masks : prune(session, replicate, level, masks, *rule);
    } catch (const LayerCollapse& collapse) {
      return end_early(session, level, collapse.what());
    }
  }
}

/// All but those of the dense networks, the tickets, and the last levels, from which a greater extent goes
/// on.
void drop_other_weights(const Session& session, const std::vector<LevelRecord>& records) {
  for (const LevelRecord& record : records) {
    const LevelRecord* const next = &record == &records.back() ? nullptr : &record + 1;
    const bool last = !next || next->replicate != record.replicate || next->branch != record.branch;
    const bool ticket = record.branch.empty() && record.level == session.result.ticket.level;
    if (record.level == 0 || ticket || last) continue;
    const LevelPaths files =
        session.paths.replicate(record.replicate).branch(record.branch).level(record.level);
    remove_path(files.model());
    remove_path(files.scored());
  }
}

void search(Session& session) {
  settle_rewind_point(session, false);
  if (session.config.retrain.mode == "fine-tune") {
    const TrainConfig& train = session.config.train;
    const double last = learning_rate(train, session.plan.steps_per_level - 1, session.plan.steps_per_epoch);
    if (last < 1e-3 * train.learning_rate) {
      session.note(fmt::format(
          "fine-tuning goes on at the schedule's last learning rate, {:.2g}, which changes next to nothing; "
          "a step schedule ends higher",
          last));
    }
  }
  const bool early = session.config.search.method == "early-bird";
  if (early) search_early(session);
  for (std::int64_t replicate = 1; replicate <= session.config.replicates; ++replicate) {
    if (!early) search_levels(session, replicate);
    train_controls(session, replicate);
  }
  SearchResult& result = session.result;
  result.ticket = choose_ticket(result.records, session.config.search.tolerance_pp, result.controls,
                                early ? kEarlyDoubt : 0);
  if (early) {
    count_short_runs(result.ticket, result);
    result.ticket.regret = regret_in_runs(session, result.ticket);
  }
  if (result.rewind_search) add_rewind_search(result.ticket, *result.rewind_search);
  if (session.data.count(Split::kValidation) > 0)
    write_file_atomically(session.paths.ticket(), to_json(result.ticket).dump(2) + "\n");
  if (session.options.keep_only_ticket) {
    drop_other_weights(session, result.records);
    drop_other_weights(session, result.controls);
    drop_other_weights(session, result.scouts);
    if (const auto point = read_stable_point(session.paths)) {
      for (const Parting& parting : point->tried)
        remove_path(session.paths.replicate(1).copy(parting.step).model());
    }
  }
}

}  // namespace

SearchResult find_ticket(const Network& network, const Data& data, const Config& config,
                         const SearchOptions& options) {
  Session session(network, data, config, options);
  RunFolder folder(session.config, network, data, options, session.device);
  session.open(folder.paths());
  folder.record([&] {
    search(session);
    return session.result.ended;
  });
  return std::move(session.result);
}

}  // namespace coppice
