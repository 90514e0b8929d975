#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cuda/scatter_mma/pack.h"

namespace coppice::kernels {

/// The slices of one block of rows; they begin at its own first group.
struct ScatterBlock {
  std::vector<std::uint32_t> words;
  std::vector<ScatterSlice> slices;
  std::vector<std::uint32_t> columns;  ///< Images last: [slices][64].
};

ScatterBlock pack_scatter_block(const Csr& matrix, const RowPlan& rows, std::int64_t block, bool images_last,
                                const ScatterTiling& tiling);

}  // namespace coppice::kernels
