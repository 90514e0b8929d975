// |w| dR/d|w|, where R = 1^T (prod |W|) 1 is the flow through the network of absolute weights from an image
// of ones. What flows into a unit flows out of it, so that layers' sums agree; pruning in many small rounds
// then never cuts the image off from the outputs, and in a chain of layers that means that none is emptied
// before it must be; in residual networks, branches and shortcuts that other paths lead round may go. Source:
// Tanaka et al. 2020, "Pruning neural networks without any data by iteratively conserving synaptic flow". R
// grows with the product of the layers' widths, beyond what float holds: scores are given relative to the
// largest, which orders alike.
#include <algorithm>
#include <cmath>

#include "prune/criterion.h"

namespace coppice {

Scores synflow_scores(const ScoreInput& input) {
  const PerWeight slope = derivatives_of(input).synaptic_flow(input.masks, input.weights);
  const auto score_of = [&](std::size_t layer, std::size_t i, float w) {
    return slope[layer][i] * std::fabs(w);
  };
  double largest = 0;
  for (std::size_t layer = 0; layer < input.masks.size(); ++layer) {
    const auto weights = input.weights.at(input.masks[layer].name).as<float>();
    for (std::size_t i = 0; i < weights.size(); ++i)
      largest = std::max(largest, score_of(layer, i, weights[i]));
  }
  const double unit = largest > 0 ? largest : 1;  // nothing flows any more: all scores are 0
  return score_survivors(
      input, [&](std::size_t layer, std::size_t i, float w) { return score_of(layer, i, w) / unit; });
}

}  // namespace coppice
