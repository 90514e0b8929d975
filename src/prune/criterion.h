#pragma once
#include "coppice/prune.h"

namespace coppice {

// One file each, with paper and formula.
Scores magnitude_scores(const ScoreInput& input);
Scores random_scores(const ScoreInput& input);
Scores snip_scores(const ScoreInput& input);
Scores grasp_scores(const ScoreInput& input);
Scores synflow_scores(const ScoreInput& input);
Scores taylor_scores(const ScoreInput& input);
Scores movement_scores(const ScoreInput& input);
Scores obd_scores(const ScoreInput& input);
Scores lamp_scores(const ScoreInput& input);

/// The input's derivatives. Throws Failure where it brings none.
Derivatives& derivatives_of(const ScoreInput& input);

/// score_of(layer, i, w) for every surviving weight w = [layer][i]; 0 for the pruned.
template <class ScoreOf>
Scores score_survivors(const ScoreInput& input, const ScoreOf& score_of) {
  Scores scores;
  for (std::size_t layer = 0; layer < input.masks.size(); ++layer) {
    const NamedMask& named = input.masks[layer];
    const auto weights = input.weights.at(named.name).as<float>();
    const std::vector<std::uint8_t> keep = named.mask.unpacked();
    std::vector<float>& of_layer = scores.emplace_back(keep.size(), 0.0f);
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (keep[i]) of_layer[i] = static_cast<float>(score_of(layer, i, weights[i]));
    }
  }
  return scores;
}

}  // namespace coppice
