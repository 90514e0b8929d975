#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace coppice {

/// How the nonzeros of a random layer lie.
enum class MaskPattern {
  kUniform,         ///< Anywhere.
  kFullRow,         ///< One row has none that is zero; the rest lie anywhere.
  kPowerLawRows,    ///< The i-th fullest row has a share of 1 / i, as far as rows are long enough.
  kOneColumnBlock,  ///< In as few columns side by side as leave them half full.
  kEmptyBlocks,     ///< In half of all bands of 128 rows.
};
std::vector<MaskPattern> mask_patterns();
const char* mask_name(MaskPattern mask);  ///< "uniform", "full-row", "power-law-rows", ...
/// Throws BadInput, naming the nearest.
MaskPattern parse_mask(const std::string& text);

/// Where a row's nonzeros may be.
struct RowSpan {
  std::int64_t first = 0, last = 0;  ///< Columns, the last not among them.
  std::int64_t nonzeros = -1;        ///< Exactly so many; -1: the row has its part of what the others leave.
};
/// One for each row. There is room for `nonzeros` in all, of at most rows x columns.
std::vector<RowSpan> row_spans(MaskPattern mask, std::int64_t rows, std::int64_t columns,
                               std::int64_t nonzeros, std::uint64_t seed);

}  // namespace coppice
