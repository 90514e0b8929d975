#include "coppice/random.h"

#include "prune/criterion.h"

namespace coppice {

std::vector<float> random_scores(const ScoreInput& input) {
  const Stream stream(input.seed, "prune/" + input.name, static_cast<std::uint64_t>(input.level));
  std::vector<float> scores(input.weights.size());
  for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>(stream.uniform(i));
  return scores;
}

}  // namespace coppice
