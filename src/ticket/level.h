#pragma once
#include "coppice/ticket.h"

#include <cstdint>
#include <functional>
#include <optional>

#include "ticket/stint.h"

namespace coppice {

/// What one level's training needs to know besides its stint.
struct LevelTask {
  const Network& network;
  const Data& data;
  const Config& config;
  const SearchOptions& options;
  Engine& engine;
  const Stint& stint;
  std::uint64_t seed = 1;
  std::int64_t steps_per_epoch = 1;
  int threads = 1;
  std::string device = "cpu";            ///< Where the engine trains.
  std::filesystem::path counters = "/";  ///< Where /sys with its energy counters is looked for.
  /// Called between pieces of work: step, tally since the last evaluation, the last evaluation.
  std::function<void(std::int64_t, const Tally&, const std::optional<Evaluation>&)> progress = {};
};

/// Trains a stint and writes its files; goes on from its saved state where there is one. Throws Interrupted
/// after saving, where a signal arrived.
LevelRecord train_level(const LevelTask& task);

/// The record of a level that is finished and whose files are all as level.json says; none if it is not
/// finished. Throws BadInput where a file is missing or was changed. `weights_may_be_gone`: after --keep
/// ticket.
std::optional<LevelRecord> finished_level(const LevelPaths& paths, bool weights_may_be_gone);

}  // namespace coppice
