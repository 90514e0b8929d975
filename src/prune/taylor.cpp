// The mean over batches of (g w)^2: the squared change of a batch's loss, to first order, when the weight
// goes. g is the gradient of the batch's mean loss. Source: Molchanov et al. 2019, "Importance estimation for
// neural network pruning", their first-order score, for single weights.
#include "prune/criterion.h"

namespace coppice {

Scores taylor_scores(const ScoreInput& input) {
  const PerWeight g2 = derivatives_of(input).squared_gradient(input.masks, input.weights);
  return score_survivors(input, [&](std::size_t layer, std::size_t i, float w) {
    return g2[layer][i] * static_cast<double>(w) * w;
  });
}

}  // namespace coppice
