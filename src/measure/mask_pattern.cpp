#include "measure/mask_pattern.h"

#include "coppice/error.h"
#include "coppice/random.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "base/text.h"

namespace coppice {

namespace {

/// 0 .. count - 1 in random order.
std::vector<std::size_t> shuffled(std::int64_t count, std::uint64_t seed) {
  const Stream stream(seed, "bench/rows");
  std::vector<std::size_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[stream.below(i, static_cast<std::uint32_t>(i))]);
  return order;
}

/// Shares of 1, 1/2, 1/3, ... of a total, none more than `most`, in whole numbers.
std::vector<std::int64_t> power_law(std::int64_t count, std::int64_t most, std::int64_t total) {
  const auto capped = [&](double scale, std::int64_t i) {
    return std::min(static_cast<std::int64_t>(scale / static_cast<double>(i + 1)), most);
  };
  // The largest scale, nearly, whose shares are not too much together.
  double low = 0, high = static_cast<double>(most) * static_cast<double>(count);
  for (int step = 0; step < 100; ++step) {
    const double middle = (low + high) / 2;
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += capped(middle, i);
    (sum <= total ? low : high) = middle;
  }
  std::vector<std::int64_t> shares;
  for (std::int64_t i = 0; i < count; ++i) shares.push_back(capped(low, i));
  std::int64_t left = total - std::accumulate(shares.begin(), shares.end(), std::int64_t{0});
  while (left > 0) {  // one more for those that have room, the fullest first
    for (std::int64_t& share : shares) {
      if (left > 0 && share < most) ++share, --left;
    }
  }
  return shares;
}

}  // namespace

std::vector<MaskPattern> mask_patterns() {
  return {MaskPattern::kUniform, MaskPattern::kFullRow, MaskPattern::kPowerLawRows,
          MaskPattern::kOneColumnBlock, MaskPattern::kEmptyBlocks};
}

const char* mask_name(MaskPattern mask) {
  switch (mask) {
    case MaskPattern::kUniform: return "uniform";
    case MaskPattern::kFullRow: return "full-row";
    case MaskPattern::kPowerLawRows: return "power-law-rows";
    case MaskPattern::kOneColumnBlock: return "one-column-block";
    case MaskPattern::kEmptyBlocks: return "empty-blocks";
  }
  return "";
}

MaskPattern parse_mask(const std::string& text) {
  std::vector<std::string> names;
  for (const MaskPattern mask : mask_patterns()) {
    names.emplace_back(mask_name(mask));
    if (text == names.back()) return mask;
  }
  throw BadInput(
      fmt::format("--mask {}: is none of {}{}", text, join(names, ", "), did_you_mean(text, names)));
}

std::vector<RowSpan> row_spans(MaskPattern mask, std::int64_t rows, std::int64_t columns,
                               std::int64_t nonzeros, std::uint64_t seed) {
  std::vector<RowSpan> spans(static_cast<std::size_t>(rows), RowSpan{0, columns, -1});
  const auto order = [&] { return shuffled(rows, seed); };
  switch (mask) {
    case MaskPattern::kUniform: break;
    case MaskPattern::kFullRow: spans[order().front()].nonzeros = std::min(columns, nonzeros); break;
    case MaskPattern::kPowerLawRows: {
      const std::vector<std::int64_t> shares = power_law(rows, columns, nonzeros);
      const std::vector<std::size_t> which = order();
      for (std::size_t i = 0; i < which.size(); ++i) spans[which[i]].nonzeros = shares[i];
      break;
    }
    case MaskPattern::kOneColumnBlock: {
      const std::int64_t width = std::min(columns, 2 * ((nonzeros + rows - 1) / rows));
      const std::int64_t first = (columns - width) / 2;
      for (RowSpan& span : spans) span = {first, first + width, -1};
      break;
    }
    case MaskPattern::kEmptyBlocks: {
      constexpr std::int64_t kBand = 128;
      const std::int64_t bands = (rows + kBand - 1) / kBand;
      std::vector<std::size_t> which = shuffled(bands, seed);
      std::int64_t room = rows * columns, full = bands;
      for (const std::size_t band : which) {
        const std::int64_t begin = static_cast<std::int64_t>(band) * kBand,
                           end = std::min(begin + kBand, rows);
        if (2 * (full - 1) < bands || room - (end - begin) * columns < nonzeros) break;
        room -= (end - begin) * columns;
        --full;
        for (std::int64_t row = begin; row < end; ++row) spans[static_cast<std::size_t>(row)].nonzeros = 0;
      }
      break;
    }
  }
  return spans;
}

}  // namespace coppice
