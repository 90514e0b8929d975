#pragma once
#include <cstdint>

namespace coppice::kernels {

/// A matrix as the kernel "sell-permute" reads it. A group is one weight for each of the 16 rows of a slice,
/// or 0. Groups of a slice: first those whose columns lie in one block of 32, in fours; then those whose
/// columns lie anywhere. Values and columns each follow one another in memory in the order of use.
struct SellSlice {
  const float* values;            ///< [4 fours + gathers][16]
  const std::uint8_t* columns;    ///< [fours][16 rows][4 groups], within the block
  const std::uint16_t* blocks;    ///< [fours][4]: the first column / 32
  const std::uint16_t* gathered;  ///< [gathers][16]
  std::int64_t fours, gathers;
  std::int32_t row[16];  ///< Of y, for each lane that has one.
  std::int32_t lanes;    ///< That have a row.
  float bias[16];
};

struct SellProblem {
  const SellSlice* slices;
  std::int64_t images, columns, rows;
  bool relu;
  const float* x;
  const float* residual;  ///< Or null.
  float* y;
};

namespace v4 {
void sell_slices(const SellProblem& problem, std::int64_t begin, std::int64_t end);
/// to[i] = x[offset[i]] for i in [begin, end).
void pick(const float* x, const std::int32_t* offset, std::int64_t begin, std::int64_t end, float* to);
}  // namespace v4

}  // namespace coppice::kernels
