#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "ticket/early/signals.h"
#include "ticket/session.h"

namespace coppice {

/// The file with what a level of a short run began to train from, before its masks.
std::filesystem::path scout_start(const ReplicatePaths& paths, std::int64_t level);

/// What a short run saw at one level.
struct Sighting {
  std::int64_t level = 0;
  double density = 1;           ///< Of the prunable weights, under this level's masks.
  std::int64_t step = 0;        ///< Of the short run, at the level's end.
  std::int64_t draws = 0;       ///< Masks drawn in the level and compared with the one before.
  double change = 1;            ///< `disagreement` of the last two masks drawn.
  double accuracy = 0;          ///< On validation, at the level's end, in [0, 1].
  std::optional<double> dense;  ///< The dense network's around the same step.
  double gap_pp() const { return dense ? 100 * (accuracy - *dense) : 0; }
};

/// One replicate's short run: a single training, from the initial values with the dense network's batches,
/// that is pruned on its way by the search's own rule and never rewound (gradual magnitude pruning, Zhu &
/// Gupta 2017). Every search.draw_every steps the mask that would be pruned to next is drawn; as soon as two
/// draws in succession agree, it is. So the run passes quickly what it can settle quickly, and takes its time
/// near the limit. Level n of the short run lives in early/level-NN and trains under the masks that level n
/// of the search will have.
class Scout {
 public:
  /// The dense network (level 0 of the search) must be finished.
  Scout(Session& session, std::int64_t replicate);

  /// Trains the next level, or reads it back; false where there is none, or a layer would fall below
  /// prune.min_per_layer.
  bool advance();

  const std::vector<Sighting>& sightings() const { return sightings_; }
  const std::vector<LevelRecord>& records() const { return records_; }

 private:
  LevelPaths files(std::int64_t level) const;
  Masks drawn(std::int64_t level, const Masks& masks, const Tensors& weights) const;
  std::optional<Masks> next_masks() const;
  Stint stint(std::int64_t level, const Masks& masks) const;
  std::int64_t first_draw(const Stint& stint) const;  ///< That can be told from one before.
  double change_at(const Stint& stint, std::int64_t step, const Tensors& weights) const;
  void look(const Stint& stint, const LevelRecord& record);

  Session& session_;
  const std::int64_t replicate_;
  std::vector<Evaluation> dense_;
  std::vector<LevelRecord> records_;
  std::vector<Sighting> sightings_;
};

}  // namespace coppice
