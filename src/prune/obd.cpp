// h w^2 / 2: how much the loss rises, to second order and without the mixed terms, when a weight goes. h is
// the diagonal of the loss's Hessian, computed as that of the generalised Gauss-Newton matrix: what the
// latter leaves out are second derivatives of the outputs by one weight, and those are 0 in networks of
// linear operations, ReLUs and pools. Never negative. Source: LeCun, Denker & Solla 1990, "Optimal brain
// damage" (their recursion for h approximates more).
#include "prune/criterion.h"

namespace coppice {

Scores obd_scores(const ScoreInput& input) {
  const PerWeight h = derivatives_of(input).fisher_diagonal(input.masks, input.weights);
  return score_survivors(input, [&](std::size_t layer, std::size_t i, float w) {
    return h[layer][i] * static_cast<double>(w) * w / 2;
  });
}

}  // namespace coppice
