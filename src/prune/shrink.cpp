// Exact selection: which surviving weights fall. Counts are exact and ties are broken by (layer, flat index),
// so the same scores give the same masks everywhere, and a check in another language can reproduce them.
#include "coppice/error.h"
#include "coppice/prune.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace coppice {

std::int64_t removed_count(double fraction, std::int64_t survivors) {
  const double product = fraction * static_cast<double>(survivors);
  const double nearest = std::round(product);
  if (std::fabs(product - nearest) <= 1e-12 * std::max(1.0, product))
    return static_cast<std::int64_t>(nearest);
  return static_cast<std::int64_t>(std::floor(product));
}

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

/// Shares `total` out in proportion to `weights`: floors first, then one more to the largest remainders
/// (ties: first).
std::vector<std::int64_t> share(std::int64_t total, const std::vector<std::int64_t>& weights) {
  const auto sum = static_cast<long double>(std::accumulate(weights.begin(), weights.end(), std::int64_t{0}));
  std::vector<std::int64_t> out;
  std::vector<long double> remainder;
  for (const std::int64_t weight : weights) {
    const long double exact =
        sum > 0 ? static_cast<long double>(total) * static_cast<long double>(weight) / sum : 0.0L;
    out.push_back(static_cast<std::int64_t>(std::floor(exact)));
    remainder.push_back(exact - std::floor(exact));
  }
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainder[a] > remainder[b]; });
  std::int64_t left = total - std::accumulate(out.begin(), out.end(), std::int64_t{0});
  for (std::size_t i = 0; i < order.size() && left > 0; ++i, --left) ++out[order[i]];
  return out;
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

}  // namespace

Masks shrink(const Masks& masks, const Scores& scores, const ShrinkRule& rule) {
  check_scores(masks, scores);
  Masks smaller = masks;
  std::vector<std::int64_t> survivors;
  for (const NamedMask& mask : masks) survivors.push_back(mask.mask.kept());
  const std::int64_t all = std::accumulate(survivors.begin(), survivors.end(), std::int64_t{0});
  if (rule.keep_exactly > all)
    throw BadInput(fmt::format("cannot keep {} of {} weights", rule.keep_exactly, all));

  if (rule.global) {
    std::vector<std::size_t> layers(masks.size());
    std::iota(layers.begin(), layers.end(), std::size_t{0});
    remove_lowest(smaller, scores, layers,
                  rule.keep_exactly >= 0 ? all - rule.keep_exactly : removed_count(rule.fraction, all));
  } else {
    const std::vector<std::int64_t> keep =
        rule.keep_exactly >= 0 ? share(rule.keep_exactly, survivors) : std::vector<std::int64_t>{};
    for (std::size_t layer = 0; layer < masks.size(); ++layer) {
      const double fraction = rule.per_layer.empty() ? rule.fraction : rule.per_layer[layer];
      remove_lowest(
          smaller, scores, {layer},
          keep.empty() ? removed_count(fraction, survivors[layer]) : survivors[layer] - keep[layer]);
    }
  }
  check_layers(masks, smaller, rule.min_per_layer);
  return smaller;
}

}  // namespace coppice
