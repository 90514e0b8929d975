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

PanelLayout::PanelLayout(std::int64_t in, std::int64_t out, int shares) : in_(in), out_(out) {
  const std::int64_t units = units_of(out);
  columns_ = units * kGemmUnit;
  pitch_ = odd_pitch(out);
  by_rows_ = units < shares;
  const std::int64_t widest = kernels::gemm_panel_columns() / kGemmUnit;
  first_.push_back(0);
  for (int share = 0; share < shares; ++share) {
    const Range mine = by_rows_ ? Range{0, share == 0 ? units : 0} : share_of(units, share, shares);
    const int count = static_cast<int>((mine.size() + widest - 1) / widest);
    for (int i = 0; i < count; ++i) {
      const Range part = share_of(mine.size(), i, count);
      panels_.push_back({(mine.begin + part.begin) * kGemmUnit, part.size() * kGemmUnit, floats_});
      floats_ += (in * part.size() * kGemmUnit + 63) / 64 * 64;
    }
    first_.push_back(panels_.size());
  }
}

std::span<const Panel> PanelLayout::panels(int share) const {
  if (by_rows_) return panels_;
  const auto i = static_cast<std::size_t>(share);
  return std::span(panels_).subspan(first_[i], first_[i + 1] - first_[i]);
}

Range PanelLayout::examples(int share, std::int64_t count) const {
  return by_rows_ ? share_of(count, share, shares()) : Range{0, count};
}

Range PanelLayout::inputs(int share) const {
  return by_rows_ ? share_of(in_, share, shares(), 4) : Range{0, in_};
}

template <class Visit>
void PanelLayout::each(Visit visit) const {
  for (const Panel& panel : panels_) {
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
