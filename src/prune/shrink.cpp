// Exact selection: which surviving weights fall. Counts are exact and ties are broken by (layer, flat index),
// so the same scores give the same masks everywhere, and a check in another language can reproduce them.
#include "coppice/error.h"
#include "coppice/prune.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "prune/quota.h"

namespace coppice {

namespace {

/// Clears the `remove` lowest-scored survivors of the given layers.
void remove_lowest(Masks& masks, const Scores& scores, const std::vector<std::size_t>& layers,
                   std::int64_t remove) {
  if (remove <= 0) return;
  std::vector<float> survivors;
  for (const std::size_t layer : layers) {
    const std::vector<std::uint8_t> keep = masks[layer].mask.unpacked();
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (keep[i]) survivors.push_back(scores[layer][i]);
    }
  }
  const auto nth = survivors.begin() + (remove - 1);
  std::nth_element(survivors.begin(), nth, survivors.end());
  const float threshold = *nth;
  // All below the threshold fall, and as many of those equal to it as are still missing, first come first.
  std::int64_t equal =
      remove - std::count_if(survivors.begin(), survivors.end(), [&](float s) { return s < threshold; });
  for (const std::size_t layer : layers) {
    Mask& mask = masks[layer].mask;
    const std::vector<std::uint8_t> keep = mask.unpacked();
    for (std::size_t i = 0; i < keep.size(); ++i) {
      if (!keep[i]) continue;
      const float score = scores[layer][i];
      if (score < threshold || (score == threshold && equal-- > 0))
        mask.set(static_cast<std::int64_t>(i), false);
    }
  }
}

void check_scores(const Masks& masks, const Scores& scores) {
  if (scores.size() != masks.size()) throw BadInput("scores: one list per mask is needed");
  for (std::size_t layer = 0; layer < masks.size(); ++layer) {
    if (static_cast<std::int64_t>(scores[layer].size()) != masks[layer].mask.size()) {
      throw BadInput(fmt::format("{}: {} scores for {} weights", masks[layer].name, scores[layer].size(),
                                 masks[layer].mask.size()));
    }
    for (const float score : scores[layer]) {
      if (!std::isfinite(score)) throw BadInput(fmt::format("{}: a score is not finite", masks[layer].name));
    }
  }
}

}  // namespace

Masks select_highest(const Masks& masks, const Scores& scores, const std::vector<Quota>& quotas) {
  check_scores(masks, scores);
  Masks smaller = masks;
  for (const Quota& quota : quotas) {
    std::int64_t survivors = 0;
    for (const std::size_t layer : quota.layers) survivors += masks[layer].mask.kept();
    remove_lowest(smaller, scores, quota.layers, survivors - quota.keep);
  }
  return smaller;
}

void check_layers(const Masks& before, const Masks& after, std::int64_t minimum) {
  for (std::size_t layer = 0; layer < after.size(); ++layer) {
    const std::int64_t left = after[layer].mask.kept();
    const std::int64_t needed = std::min(minimum, before[layer].mask.kept());
    if (left < needed) {
      throw LayerCollapse(fmt::format("{} would keep {} of {} weights, fewer than prune.min_per_layer = {}",
                                      after[layer].name, left, after[layer].mask.size(), minimum));
    }
  }
}

Masks shrink(const Masks& masks, const Scores& scores, const ShrinkRule& rule) {
  Masks smaller = select_highest(masks, scores, quotas(masks, rule));
  check_layers(masks, smaller, rule.min_per_layer);
  return smaller;
}

}  // namespace coppice
