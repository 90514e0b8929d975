#pragma once
#include "coppice/prune.h"
#include "coppice/train.h"

namespace coppice {

/// What the level after a trained one is cut from.
struct LevelCut {
  const Network& network;
  const Config& config;
  const Masks& masks;
  const Tensors& weights;          ///< Where the level is scored.
  std::function<Tensors()> start;  ///< Where its training began. Asked where the criterion looks at it, ...
  std::function<const Data&()> data;  ///< ... at examples, ...
  std::function<Device()> device;     ///< ... or at derivatives.
  std::uint64_t seed = 0;
  std::int64_t level = 0;  ///< The trained one.
};

/// The next level's masks, as `prune` says. A pure function of what the cut brings.
Masks prune_level(const LevelCut& cut, const ShrinkRule& rule);

}  // namespace coppice
