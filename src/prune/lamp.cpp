// w^2 / (sum of v^2 over the weights v of the layer that are not smaller): what removing a weight does to its
// layer, relative to what would be left of it. Within a layer the order is that of magnitude; over all layers
// it gives each its share, and the largest weight of every layer scores 1. Equally large weights count in the
// order of their index. Source: Lee et al. 2021, "Layer-adaptive sparsity for the magnitude-based pruning".
#include <algorithm>
#include <cmath>

#include "prune/criterion.h"

namespace coppice {

Scores lamp_scores(const ScoreInput& input) {
  Scores scores = score_survivors(input, [](std::size_t, std::size_t, float w) { return std::fabs(w); });
  for (std::size_t layer = 0; layer < scores.size(); ++layer) {
    std::vector<float>& values = scores[layer];
    const std::vector<std::uint8_t> keep = input.masks[layer].mask.unpacked();
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < keep.size(); ++i)
      if (keep[i]) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    double sum = 0;
    for (std::size_t place = order.size(); place-- > 0;) {
      float& value = values[order[place]];
      const double square = static_cast<double>(value) * value;
      sum += square;
      value = static_cast<float>(sum > 0 ? square / sum : 0);
    }
  }
  return scores;
}

}  // namespace coppice
