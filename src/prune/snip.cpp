// |g w|: how much the loss changes, to first order, per relative change of a weight. g is the gradient of the
// mean loss. Source: Lee, Ajanthan & Torr 2019, "SNIP: single-shot network pruning based on connection
// sensitivity" (their score is this over its sum, which orders alike).
#include <cmath>

#include "prune/criterion.h"

namespace coppice {

Scores snip_scores(const ScoreInput& input) {
  const PerWeight g = derivatives_of(input).gradient(input.masks, input.weights, 1.0);
  return score_survivors(
      input, [&](std::size_t layer, std::size_t i, float w) { return std::fabs(g[layer][i] * w); });
}

}  // namespace coppice
