#include "kernels/cuda/packed_spmv/cut.h"

#include <algorithm>

namespace coppice::kernels {

namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

SpmvCut::SpmvCut(const Csr& matrix, const SpmvTiling& tiling)
    : matrix_(matrix),
      tiling_(tiling),
      column_blocks_(std::max<std::int64_t>(1, ceil_div(matrix.columns, tiling.block_columns))) {
  // Long rows are split where their other teams would wait for them, but not into less than this many loads.
  constexpr std::int64_t kFewestLoads = 8;
  const std::int64_t share =
      ceil_div(ceil_div(matrix.nonzeros(), 4), std::max<std::int64_t>(1, tiling.ranges * tiling.teams()));
  longest_ = ceil_div(std::max(kFewestLoads * tiling.lanes, share), tiling.lanes) * tiling.lanes;
  bound_ranges();
}

std::int64_t SpmvCut::longest(std::int64_t row) const {
  const auto r = static_cast<std::size_t>(row);
  const std::int64_t groups =
      ceil_div(matrix_.begin[r + 1] - matrix_.begin[r], 4) + column_blocks_;  // at most
  return std::max(longest_, ceil_div(groups, tiling_.most_sums - column_blocks_));
}

void SpmvCut::split(std::int64_t row, std::vector<RowPart>& parts) const {
  parts.clear();
  const auto columns = matrix_.column.begin();
  const std::int64_t end = matrix_.begin[static_cast<std::size_t>(row) + 1];
  const std::int64_t most = longest(row);
  for (std::int64_t i = matrix_.begin[static_cast<std::size_t>(row)]; i < end;) {
    const std::int64_t block = columns[i] / tiling_.block_columns;
    const std::int64_t next =
        block + 1 == column_blocks_
            ? end
            : std::lower_bound(columns + i, columns + end, (block + 1) * tiling_.block_columns) - columns;
    const std::int64_t groups = ceil_div(next - i, 4), pieces = ceil_div(groups, most);
    for (std::int64_t p = 0; p < pieces; ++p) {
      parts.push_back(
          {block, i + groups * p / pieces * 4, std::min(next, i + groups * (p + 1) / pieces * 4)});
    }
    i = next;
  }
  if (parts.empty()) parts.push_back({0, end, end});
}

void SpmvCut::bound_ranges() {
  // What a piece costs a team beside its groups, in groups: looking it up, the sum over the lanes, the
  // output.
  constexpr std::int64_t kPieceWork = 8;
  const auto rows = static_cast<std::size_t>(matrix_.rows);
  std::vector<std::int64_t> before = {0}, sums;
  before.reserve(rows + 1);
  sums.reserve(rows);
  std::vector<RowPart> parts;
  for (std::int64_t row = 0; row < matrix_.rows; ++row) {
    split(row, parts);
    std::int64_t work = 0;
    for (const RowPart& part : parts) work += kPieceWork + ceil_div(part.last - part.first, 4);
    before.push_back(before.back() + work);
    sums.push_back(parts.size() > 1 ? std::ssize(parts) : 0);
  }
  bounds_ = {0};
  std::int64_t aim = 1, held = 0;  // the range that is to end next, were all equal; its partial sums so far
  for (std::size_t row = 0; row < rows; ++row) {
    const double middle = 0.5 * static_cast<double>(before[row] + before[row + 1]);
    const auto end_of = [&](std::int64_t range) {
      return static_cast<double>(before.back()) * static_cast<double>(range) /
             static_cast<double>(tiling_.ranges);
    };
    const bool full = aim < tiling_.ranges && middle >= end_of(aim);
    if (static_cast<std::int64_t>(row) > bounds_.back() && (full || held + sums[row] > tiling_.most_sums)) {
      bounds_.push_back(static_cast<std::int64_t>(row));
      held = 0;
    }
    while (aim < tiling_.ranges && middle >= end_of(aim)) ++aim;
    held += sums[row];
  }
  bounds_.push_back(matrix_.rows);
}

/// The longest first and back and forth over the teams: equal sums, and teams of a warp with pieces of much
/// the same length.
std::vector<SpmvPart> SpmvCut::dealt(std::vector<SpmvPart> parts) const {
  std::stable_sort(parts.begin(), parts.end(),
                   [](const SpmvPart& a, const SpmvPart& b) { return a.groups() > b.groups(); });
  const std::int64_t teams = tiling_.teams();
  std::vector<SpmvPart> result(static_cast<std::size_t>(ceil_div(std::ssize(parts), teams) * teams));
  for (std::int64_t i = 0; i < std::ssize(parts); ++i) {
    const std::int64_t round = i / teams, team = round % 2 == 0 ? i % teams : teams - 1 - i % teams;
    result[static_cast<std::size_t>(round * teams + team)] = parts[static_cast<std::size_t>(i)];
  }
  return result;
}

SpmvRange SpmvCut::range(std::int64_t r) const {
  SpmvRange range;
  range.blocks.resize(static_cast<std::size_t>(column_blocks_));
  std::vector<RowPart> parts;
  const auto at = static_cast<std::size_t>(r);
  for (std::int64_t row = bounds_[at]; row < bounds_[at + 1]; ++row) {
    split(row, parts);
    const auto first = static_cast<std::uint32_t>(range.sums);
    const bool alone = parts.size() == 1;
    for (const RowPart& part : parts) {
      const auto target =
          alone ? static_cast<std::uint32_t>(row) : kSpmvPartial + static_cast<std::uint32_t>(range.sums++);
      range.blocks[static_cast<std::size_t>(part.block)].push_back({part.first, part.last, target});
    }
    if (!alone) {
      range.split_rows.push_back(
          {static_cast<std::uint32_t>(row), first, static_cast<std::uint32_t>(range.sums)});
    }
  }
  for (auto& block : range.blocks) block = dealt(std::move(block));
  return range;
}

}  // namespace coppice::kernels
