#include <cmath>

#include "prune/criterion.h"

namespace coppice {

std::vector<float> magnitude_scores(const ScoreInput& input) {
  std::vector<float> scores(input.weights.size());
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = std::fabs(input.weights[i]);
  return scores;
}

}  // namespace coppice
