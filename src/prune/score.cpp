// The table of criteria, and what holds for each of them.
#include "coppice/error.h"
#include "coppice/prune.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "prune/criterion.h"
#include "prune/table.h"

namespace coppice {

namespace {

constexpr Criterion kCriteria[] = {
    {"magnitude", magnitude_scores},
    {"random", random_scores},
    {"snip", snip_scores},
    {"grasp", grasp_scores},
    {"synflow", synflow_scores, 100},
    {"taylor", taylor_scores},
    {"movement", movement_scores},
    {"obd", obd_scores},
    {"lamp", lamp_scores},
};

void check_weights(const ScoreInput& input) {
  for (const NamedMask& mask : input.masks) {
    const auto found = input.weights.find(mask.name);
    if (found == input.weights.end() || found->second.shape != mask.mask.shape())
      throw BadInput(fmt::format("{}: no weight tensor of the mask's shape", mask.name));
    const auto values = found->second.as<float>();
    if (!std::all_of(values.begin(), values.end(), [](float w) { return std::isfinite(w); })) {
      throw Failure(
          fmt::format("{}: a weight is not finite: training diverged at level {}; lower "
                      "train.learning_rate or warm up longer",
                      mask.name, input.level));
    }
  }
}

}  // namespace

std::vector<std::string> criterion_names() {
  std::vector<std::string> names;
  for (const Criterion& criterion : kCriteria) names.emplace_back(criterion.name);
  return names;
}

const Criterion& criterion_named(const std::string& name) {
  const auto found = std::find_if(std::begin(kCriteria), std::end(kCriteria),
                                  [&](const Criterion& known) { return known.name == name; });
  if (found == std::end(kCriteria)) {
    throw BadInput(
        fmt::format("prune.criterion: unknown '{}'{}", name, did_you_mean(name, criterion_names())));
  }
  return *found;
}

Derivatives& derivatives_of(const ScoreInput& input) {
  if (!input.derivatives) throw Failure("this criterion needs gradients, and no way to take them is given");
  return input.derivatives();
}

Scores score(const std::string& criterion, const ScoreInput& input) {
  const Criterion& known = criterion_named(criterion);
  check_weights(input);
  Scores scores = known.score(input);
  for (std::size_t layer = 0; layer < scores.size(); ++layer) {
    const std::vector<float>& values = scores[layer];
    if (std::all_of(values.begin(), values.end(), [](float s) { return std::isfinite(s); })) continue;
    throw Failure(
        fmt::format("{}: a score of prune.criterion = \"{}\" is not finite at level {}: the loss or "
                    "its derivatives overflow at these weights",
                    input.masks[layer].name, criterion, input.level));
  }
  return scores;
}

}  // namespace coppice
