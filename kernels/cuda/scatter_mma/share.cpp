#include "kernels/cuda/scatter_mma/share.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace coppice::kernels {

namespace {

/// Of a block of rows: [i] the cost of all slices before the i-th.
using Running = std::vector<double>;

std::int64_t parts_of(const Running& block, double most) {
  const auto slices = std::ssize(block) - 1;
  const auto wanted = static_cast<std::int64_t>(std::ceil(std::min(block.back() / most, 1e9)));
  return std::clamp<std::int64_t>(wanted, 1, std::max<std::int64_t>(1, slices));
}

/// The least cost of a part with which there are no more parts than that.
double cost_of_part(const std::vector<Running>& blocks, std::int64_t parts) {
  double low = 0, high = 1;
  for (const Running& block : blocks) high = std::max(high, block.back());
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    std::int64_t needed = 0;
    for (const Running& block : blocks) needed += parts_of(block, middle);
    (needed <= parts ? high : low) = middle;
  }
  return high;
}

std::vector<std::uint32_t> cut(const Running& block, std::int64_t parts) {
  std::vector<std::uint32_t> bounds = {0};
  const auto slices = static_cast<std::uint32_t>(block.size() - 1);
  for (std::int64_t part = 1; part < parts; ++part) {
    const double target = block.back() * static_cast<double>(part) / static_cast<double>(parts);
    auto at =
        static_cast<std::uint32_t>(std::lower_bound(block.begin(), block.end(), target) - block.begin());
    if (at > 0 && target - block[at - 1] < block[at] - target) --at;
    if (at > bounds.back() && at < slices) bounds.push_back(at);
  }
  bounds.push_back(slices);
  return bounds;
}

ScatterShares shares_of(const std::vector<Running>& blocks, double most, const ScatterCost& cost,
                        std::int64_t places) {
  ScatterShares shares;
  std::vector<double> costs;
  double last = 0;
  for (const Running& block : blocks) {
    shares.bounds.push_back(cut(block, parts_of(block, most)));
    const std::vector<std::uint32_t>& bounds = shares.bounds.back();
    const std::int64_t parts = std::ssize(bounds) - 1;
    for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
      costs.push_back(cost.part(parts > 1) + block[bounds[i + 1]] - block[bounds[i]]);
    }
    last = std::max(last, cost.last(parts));
  }
  std::sort(costs.begin(), costs.end(), std::greater<>());
  shares.clocks = makespan(costs, places) + last;
  return shares;
}

}  // namespace

ScatterShares share_slices(const std::vector<std::vector<double>>& slice_costs, const ScatterTiling& tiling,
                           const ScatterCost& cost) {
  std::vector<Running> blocks;
  for (const std::vector<double>& costs : slice_costs) {
    Running& block = blocks.emplace_back(1, 0.0);
    std::partial_sum(costs.begin(), costs.end(), std::back_inserter(block));
  }
  const std::int64_t fewest = std::ssize(blocks), places = tiling.places();
  const auto in_parts = [&](std::int64_t parts) {
    return shares_of(blocks, cost_of_part(blocks, std::max(fewest, parts)), cost, places);
  };
  if (tiling.parts > 0) return in_parts(tiling.parts);
  ScatterShares best;
  for (double fill = 4; fill * static_cast<double>(places) >= 1; fill = fill > 1 ? fill - 1 : fill * 0.75) {
    const auto parts = static_cast<std::int64_t>(fill * static_cast<double>(places));
    ScatterShares shares = in_parts(parts);
    if (best.bounds.empty() || shares.clocks < best.clocks) best = std::move(shares);
    if (parts <= fewest) break;  // a part each
  }
  return best;
}

}  // namespace coppice::kernels
