#include "coppice/error.h"
#include "coppice/prune.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "prune/criterion.h"

namespace coppice {

namespace {
struct Criterion {
  const char* name;
  std::vector<float> (*score)(const ScoreInput&);
};
constexpr Criterion kCriteria[] = {{"magnitude", magnitude_scores}, {"random", random_scores}};
}  // namespace

std::vector<std::string> criterion_names() {
  std::vector<std::string> names;
  for (const Criterion& criterion : kCriteria) names.emplace_back(criterion.name);
  return names;
}

Scores score(const std::string& criterion, const Masks& masks, const Tensors& weights, std::uint64_t seed,
             std::int64_t level) {
  for (const Criterion& known : kCriteria) {
    if (known.name != criterion) continue;
    Scores scores;
    for (const NamedMask& mask : masks) {
      const auto found = weights.find(mask.name);
      if (found == weights.end() || found->second.shape != mask.mask.shape()) {
        throw BadInput(fmt::format("{}: no weight tensor of the mask's shape", mask.name));
      }
      const auto values = found->second.as<float>();
      for (const float value : values) {
        if (!std::isfinite(value)) {
          throw Failure(
              fmt::format("{}: a weight is not finite: training diverged at level {}; lower "
                          "train.learning_rate or warm up longer",
                          mask.name, level));
        }
      }
      scores.push_back(known.score({mask.name, values, seed, level}));
    }
    return scores;
  }
  throw BadInput(
      fmt::format("prune.criterion: unknown '{}'{}", criterion, did_you_mean(criterion, criterion_names())));
}

}  // namespace coppice
