#include "ticket/prune_level.h"

namespace coppice {

Masks prune_level(const LevelCut& cut, const ShrinkRule& rule) {
  std::unique_ptr<Derivatives> made;
  const auto derivatives = [&]() -> Derivatives& {
    if (!made) {
      made = make_derivatives({cut.network, cut.data, cut.config.prune.score_examples, cut.config.train.batch,
                               cut.device(), cut.seed, cut.level});
    }
    return *made;
  };
  return prune(cut.config.prune, rule, {cut.masks, cut.weights, cut.seed, cut.level, cut.start, derivatives});
}

}  // namespace coppice
