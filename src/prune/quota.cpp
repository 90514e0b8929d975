// How many weights stay, and of which layers together: all that a rule says, without any score.
#include "prune/quota.h"

#include "coppice/error.h"

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

std::vector<std::int64_t> largest_remainders(std::int64_t total, const std::vector<long double>& exact) {
  std::vector<std::int64_t> out;
  for (const long double value : exact) out.push_back(static_cast<std::int64_t>(std::floor(value)));
  std::vector<std::size_t> order(exact.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto remainder = [&](std::size_t i) { return exact[i] - std::floor(exact[i]); };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainder(a) > remainder(b); });
  std::int64_t left = total - std::accumulate(out.begin(), out.end(), std::int64_t{0});
  for (std::size_t i = 0; i < order.size() && left > 0; ++i, --left) ++out[order[i]];
  return out;
}

namespace {

/// `total` in proportion to `weights`.
std::vector<std::int64_t> in_proportion(std::int64_t total, const std::vector<std::int64_t>& weights) {
  const auto sum = static_cast<long double>(std::accumulate(weights.begin(), weights.end(), std::int64_t{0}));
  std::vector<long double> exact;
  for (const std::int64_t weight : weights) {
    exact.push_back(sum > 0 ? static_cast<long double>(total) * static_cast<long double>(weight) / sum
                            : 0.0L);
  }
  return largest_remainders(total, exact);
}

/// Layer scope: what each layer keeps of its survivors.
std::vector<std::int64_t> layer_counts(const std::vector<std::int64_t>& survivors, const ShrinkRule& rule) {
  if (rule.keep_exactly >= 0) return in_proportion(rule.keep_exactly, survivors);
  std::vector<std::int64_t> counts;
  for (std::size_t layer = 0; layer < survivors.size(); ++layer) {
    const double fraction = rule.per_layer.empty() ? rule.fraction : rule.per_layer[layer];
    counts.push_back(survivors[layer] - removed_count(fraction, survivors[layer]));
  }
  return counts;
}

}  // namespace

std::vector<Quota> quotas(const Masks& masks, const ShrinkRule& rule) {
  std::vector<std::int64_t> survivors;
  for (const NamedMask& mask : masks) survivors.push_back(mask.mask.kept());
  const std::int64_t all = std::accumulate(survivors.begin(), survivors.end(), std::int64_t{0});
  if (rule.keep_exactly > all)
    throw BadInput(fmt::format("cannot keep {} of {} weights", rule.keep_exactly, all));
  const std::int64_t total =
      rule.keep_exactly >= 0 ? rule.keep_exactly : all - removed_count(rule.fraction, all);

  if (rule.global && !rule.erk) {
    std::vector<std::size_t> layers(masks.size());
    std::iota(layers.begin(), layers.end(), std::size_t{0});
    return {{layers, all, total}};
  }
  const std::vector<std::int64_t> counts =
      rule.erk ? erk_counts(masks, total) : layer_counts(survivors, rule);
  std::vector<Quota> each;
  for (std::size_t layer = 0; layer < masks.size(); ++layer)
    each.push_back({{layer}, survivors[layer], counts[layer]});
  return each;
}

}  // namespace coppice
