#include "ticket/retrain.h"

#include "coppice/checkpoint.h"
#include "coppice/random.h"

#include <algorithm>

namespace coppice {

Stint retraining(const Session& session, const std::string& branch, std::int64_t replicate,
                 std::int64_t level, Masks masks) {
  const std::string& mode = session.config.retrain.mode;
  const ReplicatePaths paths = session.paths.replicate(replicate);
  Stint stint;
  stint.branch = branch;
  stint.replicate = replicate;
  stint.level = level;
  stint.files = paths.branch(branch).level(level);
  stint.masks = std::move(masks);
  stint.last_step = session.plan.steps_per_level;
  stint.order = static_cast<std::uint64_t>(level);
  stint.start = [&session, paths, replicate, branch, level] {
    return level_start(session.config, session.network, paths, session.seed(replicate), level, branch);
  };
  if (mode == "reinit") return stint;
  stint.first_step = session.plan.rewind_step;
  stint.final_rate = mode == "fine-tune";
  return stint;
}

Tensors redrawn(const ModelConfig& config, const Network& network, std::uint64_t seed,
                const std::string& purpose, std::int64_t level) {
  const Stream stream(seed, purpose, static_cast<std::uint64_t>(level));
  const std::uint64_t other = std::uint64_t{stream.bits(0)} << 32 | stream.bits(1);
  return initialise(network, config.init, config.norm_scale, other);
}

Tensors level_start(const Config& config, const Network& network, const ReplicatePaths& paths,
                    std::uint64_t seed, std::int64_t level, const std::string& branch) {
  const std::string& mode = config.retrain.mode;
  if (level > 0 && mode == "reinit") return redrawn(config.model, network, seed, "reinit", level);
  // The dense network that every branch begins from is the search's own.
  const std::filesystem::path from = level == 0 ? paths.init()
                                     : mode == "weight-rewind"
                                         ? paths.rewind()
                                         : paths.branch(level == 1 ? "" : branch).level(level - 1).model();
  return read_checkpoint(from.string()).tensors;
}

std::filesystem::path scored_file(const LevelPaths& files) {
  return std::filesystem::exists(files.scored()) ? files.scored() : files.model();
}

std::vector<Snapshot> score_snapshots(const Session& session, const Stint& stint) {
  if (session.plan.score_step >= stint.last_step) return {};
  return {{std::max(session.plan.score_step, stint.first_step), stint.files.scored()}};
}

}  // namespace coppice
