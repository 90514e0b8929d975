// |w|. Source: Han et al. 2015, "Learning both weights and connections for efficient neural networks";
// Frankle & Carbin 2019, "The lottery ticket hypothesis".
#include <cmath>

#include "prune/criterion.h"

namespace coppice {

Scores magnitude_scores(const ScoreInput& input) {
  return score_survivors(input, [](std::size_t, std::size_t, float w) { return std::fabs(w); });
}

}  // namespace coppice
