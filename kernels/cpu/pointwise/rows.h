#pragma once
#include <cstdint>

#include "kernels/cpu/by_isa.h"

namespace coppice::kernels {

/// Activations beside those that say how all of them lie.
struct Operand {
  const float* data = nullptr;
  std::int64_t halo = 0;
};

/// One set of images: planes of rows of cells of `inner` floats that lie together.
struct PointwiseRows {
  bool relu;
  std::int64_t planes;
  std::int64_t inner;                ///< 1, the lanes, or, channels last, the channels.
  std::int64_t height, width, halo;  ///< In cells; the halo is the output's.
  std::int64_t floats;               ///< Of all rows; the last one may be shorter than the others.
  const Operand* inputs;
  std::int64_t count;  ///< Of the inputs.
  const float* scale;  ///< For affine_rows, [channels].
  const float* shift;
  std::int64_t channels;  ///< Successive planes are so many; 0: a cell's floats are the channels.
  float* y;
};

/// Rows [begin, end), counted over all planes.
COPPICE_DECLARE_BY_ISA(void add_rows(const PointwiseRows& p, std::int64_t begin, std::int64_t end);
                       void affine_rows(const PointwiseRows& p, std::int64_t begin, std::int64_t end);)

}  // namespace coppice::kernels
