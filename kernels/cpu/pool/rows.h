#pragma once
#include <cstdint>

#include "kernels/cpu/by_isa.h"

namespace coppice::kernels {

/// One set of images to pool: planes of rows of cells of `inner` floats that lie together.
struct PoolRows {
  bool max, relu;
  std::int64_t kernel_height, kernel_width, stride, padding;
  std::int64_t inner;  ///< 1, the lanes, or, channels last, the channels.
  std::int64_t in_height, in_width, out_height, out_width;
  std::int64_t in_plane, in_row, out_plane, out_row;  ///< Floats from one to the next.
  const float* x;                                     ///< The first cell within the halo.
  float* y;
};

/// Output rows [begin, end), counted over all planes.
COPPICE_DECLARE_BY_ISA(void pool_rows(const PoolRows& p, std::int64_t begin, std::int64_t end);)

}  // namespace coppice::kernels
