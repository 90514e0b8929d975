#pragma once
#include "coppice/prune.h"

namespace coppice {

/// Layers whose weights are compared with each other, and how many of them all stay.
struct Quota {
  std::vector<std::size_t> layers;
  std::int64_t before = 0, keep = 0;
};

/// What a rule asks of these masks. Throws BadInput where it asks for more weights than there are.
std::vector<Quota> quotas(const Masks& masks, const ShrinkRule& rule);

/// Integers near the exact values that add up to `total`: floors first, then one more to the largest
/// remainders (ties: first).
std::vector<std::int64_t> largest_remainders(std::int64_t total, const std::vector<long double>& exact);

/// How many weights each layer keeps under Erdos-Renyi-kernel densities, `total` in all.
std::vector<std::int64_t> erk_counts(const Masks& masks, std::int64_t total);

/// Removes the lowest-scored survivors of each quota's layers until its `keep` are left; equal scores fall in
/// the order of (layer, flat index). Throws as `shrink` does where scores are not finite or do not fit.
Masks select_highest(const Masks& masks, const Scores& scores, const std::vector<Quota>& quotas);

/// Throws LayerCollapse where a layer keeps fewer weights than `minimum` (or than it had, if it had less).
void check_layers(const Masks& before, const Masks& after, std::int64_t minimum);

}  // namespace coppice
