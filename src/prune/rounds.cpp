// One level's pruning: score, remove a little, score what is left, ... A criterion that looks at more than
// the weight itself sees in each round what the rounds before left of the network.
#include <algorithm>
#include <cmath>

#include "prune/quota.h"
#include "prune/table.h"

namespace coppice {

namespace {

/// What stays after a round: before x (keep / before)^(round / rounds), and exactly `keep` after the last.
std::int64_t kept_after_round(const Quota& goal, std::int64_t round, std::int64_t rounds) {
  if (round == rounds || goal.before == 0) return goal.keep;
  const auto before = static_cast<double>(goal.before);
  const double ratio = static_cast<double>(std::max<std::int64_t>(goal.keep, 1)) / before;
  const double part = static_cast<double>(round) / static_cast<double>(rounds);
  return std::max<std::int64_t>(goal.keep, std::llround(before * std::pow(ratio, part)));
}

}  // namespace

Masks prune(const PruneConfig& config, const ShrinkRule& rule, const ScoreInput& input) {
  const std::int64_t rounds =
      config.score_rounds > 0 ? config.score_rounds : criterion_named(config.criterion).rounds;
  const std::vector<Quota> goals = quotas(input.masks, rule);
  Masks masks = input.masks;
  for (std::int64_t round = 1; round <= rounds; ++round) {
    std::vector<Quota> now = goals;
    for (Quota& quota : now) quota.keep = kept_after_round(quota, round, rounds);
    const ScoreInput left{masks, input.weights, input.seed, input.level, input.start, input.derivatives};
    masks = select_highest(masks, score(config.criterion, left), now);
  }
  check_layers(input.masks, masks, rule.min_per_layer);
  return masks;
}

}  // namespace coppice
