// w (H g): to first order, removing a weight lowers the squared norm of the gradient g by twice this, H being
// the loss's Hessian. The lowest go: those whose removal keeps or raises the gradient flow. g and H are those
// of the surviving prunable weights, and the logits are divided by a temperature of 200 first. Source: Wang,
// Zhang & Grosse 2020, "Picking winning tickets before training by preserving gradient flow"; they write the
// score as -w (H g) and remove the largest.
#include "prune/criterion.h"

namespace coppice {

Scores grasp_scores(const ScoreInput& input) {
  constexpr double kTemperature = 200;
  Derivatives& derivatives = derivatives_of(input);
  const PerWeight g = derivatives.gradient(input.masks, input.weights, kTemperature);
  const PerWeight hg = derivatives.hessian_times(input.masks, input.weights, g, kTemperature);
  return score_survivors(input, [&](std::size_t layer, std::size_t i, float w) { return w * hg[layer][i]; });
}

}  // namespace coppice
