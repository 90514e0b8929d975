#pragma once
#include "ticket/session.h"

namespace coppice {

/// How the survivors of a pruning go on: retrain.mode, and what each keeps.
///
/// | mode          | weights and biases, BatchNorm scales   | BatchNorm statistics | optimiser | steps  |
/// rate |
/// |---------------|----------------------------------------|----------------------|-----------|--------|------|
/// | weight-rewind | as they stood before step k            | as before step k     | zero      | [k, T) |
/// schedule | | lr-rewind     | final ones of the level before         | final ones           | zero      |
/// [k, T) | schedule | | fine-tune     | final ones of the level before         | final ones           | zero
/// | [k, T) | that of step T - 1 | | reinit        | drawn anew for each level              | 0 and 1 | zero
/// | [0, T) | schedule |
///
/// Sources: Frankle & Carbin 2019 and Frankle et al. 2020 (weight rewinding), Renda et al. 2020
/// (learning-rate rewinding and fine-tuning compared), Frankle & Carbin 2019, section 2 (re-initialisation).

/// The stint of a level from 1 on under `masks`: files, beginning, steps, rate and batch order. `branch` is
/// empty for the search's own levels; what a mode takes from the level before it takes from the same branch.
Stint retraining(const Session& session, const std::string& branch, std::int64_t replicate,
                 std::int64_t level, Masks masks);

/// Fresh parameters and buffers that share no number with those of `initial` nor with another (purpose,
/// level).
Tensors redrawn(const ModelConfig& config, const Network& network, std::uint64_t seed,
                const std::string& purpose, std::int64_t level);

/// What a level of a branch began to train from (before its masks), out of the run's files. Throws
/// BadInput where they are gone.
Tensors level_start(const Config& config, const Network& network, const ReplicatePaths& paths,
                    std::uint64_t seed, std::int64_t level, const std::string& branch = "");

/// The file with the weights by which a finished level is pruned.
std::filesystem::path scored_file(const LevelPaths& files);

/// Snapshots that a level takes for the scoring of its weights; none where they are scored at its end.
std::vector<Snapshot> score_snapshots(const Session& session, const Stint& stint);

}  // namespace coppice
