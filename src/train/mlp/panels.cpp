#include "train/mlp/panels.h"

#include <algorithm>

#include "kernels/cpu/gemm/gemm.h"

namespace coppice {

using kernels::kGemmUnit;

Range share_of(std::int64_t count, int share, int shares, std::int64_t step) {
  const std::int64_t steps = (count + step - 1) / step;
  return {std::min(count, steps * share / shares * step),
          std::min(count, steps * (share + 1) / shares * step)};
}

static std::int64_t units_of(std::int64_t columns) { return (columns + kGemmUnit - 1) / kGemmUnit; }

std::int64_t odd_pitch(std::int64_t columns) { return (units_of(columns) | 1) * kGemmUnit; }

// How many panels `units` are cut into, all of nearly equal width.
static int parts_of(std::int64_t units) {
  const std::int64_t widest = kernels::gemm_panel_columns() / kGemmUnit;
  return static_cast<int>((units + widest - 1) / widest);
}

// Time of one pass over `units`, in that of a unit in a wide panel: tiles of one or two vectors are bound by
// loads, not by arithmetic (measured).
static double cost_of(std::int64_t units) {
  double cost = 0;
  const bool wide = kernels::gemm_panel_columns() > kGemmUnit;
  for (int i = 0, parts = parts_of(units); i < parts; ++i) {
    const std::int64_t width = share_of(units, i, parts).size();
    cost += static_cast<double>(width) * (!wide || width > 2 ? 1.0 : width == 2 ? 1.1 : 1.45);
  }
  return cost;
}

// Units that each share owns such that the slowest pass over a layer is fastest.
static std::int64_t owned_units(std::int64_t units, int shares) {
  constexpr double kTravel = 1.05;  // shared weights move from core to core
  std::int64_t best = 0;
  double best_cost = 0;
  for (std::int64_t own = units / shares; own >= 0; --own) {
    const double cost = cost_of(own) + kTravel * cost_of(units - own * shares) / shares;
    if (own == units / shares || cost < best_cost) {
      best = own;
      best_cost = cost;
    }
  }
  return best;
}

PanelLayout::PanelLayout(std::int64_t in, std::int64_t out, int shares)
    : in_(in), out_(out), columns_(units_of(out) * kGemmUnit), pitch_(odd_pitch(out)) {
  const std::int64_t units = units_of(out), own = owned_units(units, shares);
  for (int share = 0; share < shares; ++share)
    panels_.push_back(cut({own * share, own * (share + 1)}, false));
  const std::vector<Panel> common = cut({own * shares, units}, true);
  for (std::vector<Panel>& panels : panels_) panels.insert(panels.end(), common.begin(), common.end());
  any_shared_ = !common.empty();
  all_shared_ = own == 0;
}

std::vector<Panel> PanelLayout::cut(Range units, bool shared) {
  std::vector<Panel> panels;
  const int parts = parts_of(units.size());
  for (int i = 0; i < parts; ++i) {
    const Range part = share_of(units.size(), i, parts);
    panels.push_back({(units.begin + part.begin) * kGemmUnit, part.size() * kGemmUnit, floats_, shared});
    floats_ += (in_ * part.size() * kGemmUnit + 63) / 64 * 64;
  }
  all_.insert(all_.end(), panels.begin(), panels.end());
  return panels;
}

Range PanelLayout::examples(int share, const Panel& panel, std::int64_t count) const {
  return panel.shared ? share_of(count, share, shares()) : Range{0, count};
}

Range PanelLayout::inputs(int share, const Panel& panel) const {
  return panel.shared ? share_of(in_, share, shares(), 4) : Range{0, in_};
}

template <class Visit>
void PanelLayout::each(Visit visit) const {
  for (const Panel& panel : all_) {
    const std::int64_t end = std::min(panel.column + panel.width, out_);
    for (std::int64_t j = panel.column; j < end; ++j) {
      for (std::int64_t i = 0; i < in_; ++i) {
        visit(j * in_ + i, panel.offset + i * panel.width + j - panel.column);
      }
    }
  }
}

void PanelLayout::pack(const float* weight, float* packed) const {
  std::fill(packed, packed + floats_, 0.0f);
  each([&](std::int64_t flat, std::int64_t place) { packed[place] = weight[flat]; });
}

void PanelLayout::unpack(const float* packed, float* weight) const {
  each([&](std::int64_t flat, std::int64_t place) { weight[flat] = packed[place]; });
}

std::vector<std::uint64_t> PanelLayout::pack(const Mask* mask) const {
  std::vector<std::uint64_t> words(static_cast<std::size_t>(floats_ / 64));
  each([&](std::int64_t flat, std::int64_t place) {
    if (!mask || mask->get(flat))
      words[static_cast<std::size_t>(place / 64)] |= std::uint64_t{1} << (place % 64);
  });
  return words;
}

}  // namespace coppice
