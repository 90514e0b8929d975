// -sum over the level's training of (learning rate) g w: high where weights moved away from 0. Source: Sanh,
// Wolf & Rush 2020, "Movement pruning: adaptive sparsity by fine-tuning" (as a score of finished training;
// they learn it along the way, with a straight-through estimator).
//
// The sum need not be kept while training. A step d = -(learning rate) g changes w^2 / 2 by d w + d^2 / 2, so
// over all steps
//     -sum (learning rate) g w = (w_end^2 - w_start^2) / 2 - (sum d^2) / 2,
// and the score is the first term. What it leaves out, half the sum of squared steps, is |d| / 2|w| of each
// step's own part of the sum: little where steps are small beside the weight, but for a weight that crosses 0
// or is shaken about for long it can outweigh the rest, and the score given is then the greater one. The
// equation is exact for plain gradient descent; under momentum, weight decay or Adam, d is the step taken in
// place of -(learning rate) g.
#include "coppice/error.h"

#include <fmt/format.h>

#include "prune/criterion.h"

namespace coppice {

Scores movement_scores(const ScoreInput& input) {
  if (!input.start) throw Failure("movement: the weights at the level's beginning are needed");
  const Tensors start = input.start();
  std::vector<std::span<const float>> before;
  for (const NamedMask& named : input.masks) {
    const auto found = start.find(named.name);
    if (found == start.end() || found->second.shape != named.mask.shape())
      throw BadInput(named.name + ": the level's beginning has no weight tensor of the mask's shape");
    before.push_back(found->second.as<float>());
  }
  bool moved = false;
  const Scores scores = score_survivors(input, [&](std::size_t layer, std::size_t i, float w) {
    const double now = w, then = before[layer][i];
    moved |= now != then;
    return (now - then) * (now + then) / 2;
  });
  if (!moved) {
    throw BadInput(
        fmt::format("prune.criterion = \"movement\": no weight has moved since level {} began to train; "
                    "prune.score_at must lie after the rewind point",
                    input.level));
  }
  return scores;
}

}  // namespace coppice
