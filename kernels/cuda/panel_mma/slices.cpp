#include "kernels/cuda/panel_mma/slices.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "kernels/cuda/panel_mma/problem.h"

namespace coppice::kernels {

namespace {

/// What a barrier and the filling and emptying of pipelines cost, in blocks of 16 columns of one panel.
constexpr double kBlocksOfABarrier = 6;
/// Slices that columns are dealt out to at once: more are hardly more equal, and take longer to pack.
constexpr std::int64_t kSlicesAtOnce = 32;

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// As many slices as cost the least where each panel has as many columns in each, give or take one.
std::int64_t choose_slices(const std::vector<PanelColumn>& columns, int panels, std::int64_t most_columns) {
  std::array<double, kPanelMostWarps> used = {};
  for (const PanelColumn& c : columns) {
    for (unsigned rest = c.panels; rest != 0; rest &= rest - 1)
      ++used[static_cast<std::size_t>(std::countr_zero(rest))];
  }
  const std::int64_t fewest = divide_up(std::ssize(columns), most_columns);
  double least = std::numeric_limits<double>::infinity();
  std::int64_t best = fewest;
  for (std::int64_t slices = fewest; slices <= fewest + fewest / 2; ++slices) {
    double blocks = kBlocksOfABarrier;
    for (int panel = 0; panel < panels; ++panel) {
      const double columns_of_slice = used[static_cast<std::size_t>(panel)] / static_cast<double>(slices);
      if (columns_of_slice > 0) blocks += std::ceil((columns_of_slice + 1) / kPanelRows);
    }
    const double cost = blocks * static_cast<double>(slices);
    if (cost < least) least = cost, best = slices;
  }
  return best;
}

}  // namespace

std::vector<std::uint32_t> deal_columns(const std::vector<PanelColumn>& columns, int panels,
                                        std::int64_t bins, std::int64_t capacity) {
  // Those of many panels first: those of few make equal what is left unequal.
  std::vector<std::uint32_t> order(columns.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::popcount(columns[a].panels) > std::popcount(columns[b].panels);
  });
  const auto width = static_cast<std::size_t>(panels);
  std::vector<std::int32_t> counts(static_cast<std::size_t>(bins) * width);
  std::vector<std::int64_t> filled(static_cast<std::size_t>(bins));
  std::vector<std::uint32_t> result(columns.size());
  for (const std::uint32_t i : order) {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    std::size_t best = 0;
    for (std::size_t bin = 0; bin < filled.size(); ++bin) {
      if (filled[bin] == capacity) continue;
      std::int64_t there = 0;
      for (unsigned rest = columns[i].panels; rest != 0; rest &= rest - 1) {
        there += counts[bin * width + static_cast<std::size_t>(std::countr_zero(rest))];
      }
      const std::int64_t cost = there * (capacity + 1) + filled[bin];
      if (cost < least) least = cost, best = bin;
    }
    for (unsigned rest = columns[i].panels; rest != 0; rest &= rest - 1) {
      ++counts[best * width + static_cast<std::size_t>(std::countr_zero(rest))];
    }
    ++filled[best];
    result[i] = static_cast<std::uint32_t>(best);
  }
  return result;
}

PanelSlices panel_slices(const std::vector<PanelColumn>& columns, int panels, std::int64_t most_columns) {
  PanelSlices result;
  if (columns.empty()) return result;
  const std::int64_t count = std::ssize(columns);
  result.slices = choose_slices(columns, panels, most_columns);
  result.list_columns = 8 * divide_up(count, 8 * result.slices);
  std::vector<std::vector<std::uint32_t>> members(static_cast<std::size_t>(result.slices));
  for (std::int64_t first = 0; first < result.slices; first += kSlicesAtOnce) {
    const std::int64_t slices = std::min(kSlicesAtOnce, result.slices - first);
    const std::int64_t begin = count * first / result.slices;
    const std::int64_t end = count * (first + slices) / result.slices;
    const std::vector<PanelColumn> here(columns.begin() + begin, columns.begin() + end);
    const auto bins = deal_columns(here, panels, slices, result.list_columns);
    for (std::size_t i = 0; i < here.size(); ++i) {
      members[static_cast<std::size_t>(first) + bins[i]].push_back(static_cast<std::uint32_t>(begin) +
                                                                   static_cast<std::uint32_t>(i));
    }
  }
  result.lists.reserve(static_cast<std::size_t>(result.slices * result.list_columns));
  result.place.resize(columns.size());
  std::vector<PanelColumn> here;
  for (const std::vector<std::uint32_t>& slice : members) {
    here.clear();
    for (const std::uint32_t i : slice) here.push_back(columns[i]);
    const auto residues = deal_columns(here, panels, 8, result.list_columns / 8);
    const std::size_t base = result.lists.size();
    result.lists.resize(base + static_cast<std::size_t>(result.list_columns),
                        here.empty() ? columns.front().column : here.front().column);
    std::array<std::uint32_t, 8> next = {0, 1, 2, 3, 4, 5, 6, 7};
    for (std::size_t i = 0; i < here.size(); ++i) {
      const std::size_t place = base + std::exchange(next[residues[i]], next[residues[i]] + 8);
      result.lists[place] = here[i].column;
      result.place[slice[i]] = static_cast<std::uint32_t>(place);
    }
  }
  return result;
}

}  // namespace coppice::kernels
