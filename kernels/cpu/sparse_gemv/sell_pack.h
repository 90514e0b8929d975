#pragma once
#include <cstdint>
#include <vector>

#include "kernels/cpu/sparse_gemv/common.h"
#include "kernels/cpu/sparse_gemv/sell.h"

namespace coppice::kernels {

struct SellMatrix {
  std::vector<SellSlice> slices;
  std::vector<std::int64_t> work_before;  ///< [slices + 1], about in bytes read.
  AlignedArray<float> values;
  AlignedArray<std::uint8_t> columns;
  AlignedArray<std::uint16_t> blocks, gathered;

  std::int64_t bytes() const;
};

/// Groups in which fewer than `fill` of the 16 lanes have a weight are not formed: their weights are
/// gathered.
SellMatrix sell_pack(const Csr& weights, const std::vector<float>& bias, int fill);

std::string sell_variant(int fill, int threads);  ///< "groups of 6 and more, 2 threads"

}  // namespace coppice::kernels
