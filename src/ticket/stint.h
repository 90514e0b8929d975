#pragma once
#include "coppice/ticket.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/paths.h"

namespace coppice {

/// Parameters and buffers as they stand before the update of a step, kept in a file.
struct Snapshot {
  std::int64_t step = 0;
  std::filesystem::path file;
  bool vouched = true;  ///< level.json holds its sha256; not of files that the search removes again.
};

/// One piece of a search's training: which steps, in which folder, from what, under which masks. The search's
/// levels, its controls and the copies that its signals train are all of this kind.
struct Stint {
  std::string branch = {};  ///< As LevelRecord::branch.
  std::int64_t replicate = 1, level = 0;
  LevelPaths files = {};
  Masks masks = {};
  std::function<Tensors()> start = {};         ///< Called where training begins, not where it resumes.
  std::int64_t first_step = 0, last_step = 1;  ///< Trains [first_step, last_step).
  std::uint64_t order = 0;               ///< Batch order, augmentation, dropout: a level's is its number.
  std::int64_t evaluate_every = 0;       ///< Steps; 0: as train.evaluate says.
  bool final_rate = false;               ///< At the learning rate of the schedule's last step throughout.
  std::vector<Snapshot> snapshots = {};  ///< Steps in [first_step, last_step].
  /// Asked after each evaluation: has this training served its purpose? Must depend on its arguments and on
  /// snapshots of earlier steps alone, so that a resumed run decides alike. None: trains to last_step.
  std::function<bool(const std::vector<Evaluation>&, const Tensors& weights)> settled = {};
};

}  // namespace coppice
