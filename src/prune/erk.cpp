// Erdos-Renyi-kernel densities: of a layer [out, in, k, k] proportional to (out + in + k + k) / (out in k k),
// so that it keeps in proportion to the sum of its dimensions: wide layers become sparse, narrow ones stay
// denser. A layer that would have to keep more than it has keeps all of that, and the others share the rest;
// what it has are its survivors, so that masks nest from level to level. Source: Mocanu et al. 2018 (linear
// layers); Evci et al. 2020, "Rigging the lottery: making all tickets winners".
#include <algorithm>
#include <numeric>

#include "prune/quota.h"

namespace coppice {

std::vector<std::int64_t> erk_counts(const Masks& masks, std::int64_t total) {
  std::vector<long double> dimensions, exact(masks.size(), -1);  // -1: still below its survivors
  for (const NamedMask& named : masks) {
    const std::vector<std::int64_t>& shape = named.mask.shape();
    dimensions.push_back(
        static_cast<long double>(std::accumulate(shape.begin(), shape.end(), std::int64_t{0})));
  }
  auto left = static_cast<long double>(total);
  for (bool capped = true; capped;) {
    capped = false;
    long double sum = 0;
    for (std::size_t i = 0; i < masks.size(); ++i) sum += exact[i] < 0 ? dimensions[i] : 0;
    const long double each = sum > 0 ? left / sum : 0;
    for (std::size_t i = 0; i < masks.size(); ++i) {
      const auto has = static_cast<long double>(masks[i].mask.kept());
      if (exact[i] >= 0 || each * dimensions[i] < has) continue;
      exact[i] = has;
      left -= has;
      capped = true;
    }
    if (capped) continue;
    for (std::size_t i = 0; i < masks.size(); ++i)
      if (exact[i] < 0) exact[i] = std::max(0.0L, each * dimensions[i]);
  }
  return largest_remainders(total, exact);
}

}  // namespace coppice
