#include "ticket/controls.h"

#include "coppice/checkpoint.h"
#include "coppice/error.h"
#include "coppice/random.h"

#include <fmt/format.h>

#include "ticket/retrain.h"

namespace coppice {

namespace {

/// Each layer's bits, moved by a permutation that depends on seed and layer alone: masks that are nested stay
/// nested.
Mask shuffled(const NamedMask& named, std::uint64_t seed) {
  const auto size = static_cast<std::uint32_t>(named.mask.size());
  const std::vector<std::uint32_t> to = Stream(seed, "shuffle/" + named.name).permutation(size);
  Mask mask = Mask::ones(named.mask.shape());
  for (std::uint32_t i = 0; i < size; ++i) mask.set(to[i], named.mask.get(i));
  return mask;
}

/// The first so many places of a random order that depends on seed and layer alone.
Mask drawn(const NamedMask& named, std::uint64_t seed) {
  const auto size = static_cast<std::uint32_t>(named.mask.size());
  const std::vector<std::uint32_t> order = Stream(seed, "random-mask/" + named.name).permutation(size);
  Mask mask = Mask::ones(named.mask.shape());
  for (auto i = static_cast<std::size_t>(named.mask.kept()); i < size; ++i) mask.set(order[i], false);
  return mask;
}

Stint control(const Session& session, const std::string& name, std::int64_t replicate, std::int64_t level,
              const Masks& masks) {
  Stint stint =
      retraining(session, name, replicate, level, control_masks(name, masks, session.seed(replicate)));
  if (name == "shuffle" && session.config.retrain.mode != "weight-rewind" &&
      session.config.retrain.mode != "reinit") {
    const auto dense = session.paths.replicate(replicate).level(0).model();
    stint.start = [dense] { return read_checkpoint(dense.string()).tensors; };
  }
  if (name != "reinit" && name != "random") return stint;
  stint.first_step = 0;
  stint.final_rate = false;
  stint.start = [&session, name, replicate, level] {
    return redrawn(session.config.model, session.network, session.seed(replicate), "control-" + name, level);
  };
  return stint;
}

}  // namespace

std::vector<std::string> control_names(const ControlConfig& config) {
  std::vector<std::string> names;
  if (config.reinit) names.emplace_back("reinit");
  if (config.shuffle) names.emplace_back("shuffle");
  if (config.random) names.emplace_back("random");
  if (config.dense) names.emplace_back("dense");
  return names;
}

Masks control_masks(const std::string& control, const Masks& masks, std::uint64_t seed) {
  Masks out = masks;
  for (NamedMask& named : out) {
    if (control == "shuffle") named.mask = shuffled(named, seed);
    if (control == "random") named.mask = drawn(named, seed);
    if (control == "dense") named.mask = Mask::ones(named.mask.shape());
  }
  return out;
}

std::int64_t control_steps(const std::string& control, const SearchPlan& plan) {
  const bool from_scratch = control == "reinit" || control == "random";
  return from_scratch ? plan.steps_per_level : plan.steps_per_retraining;
}

void train_controls(Session& session, std::int64_t replicate) {
  const std::vector<LevelRecord> levels = session.result.records;
  for (const std::string& name : control_names(session.config.control)) {
    for (const LevelRecord& level : levels) {
      if (level.replicate != replicate || level.level == 0) continue;
      session.result.controls.push_back(
          session.train(control(session, name, replicate, level.level, level.masks)));
      session.write_curve();
    }
  }
}

}  // namespace coppice
