#pragma once
#include "kernels/layer.h"

namespace coppice {

/// Whether the input, as it lies without a halo, already is the matrix that im2col would make.
bool im2col_is_input(const kernels::LayerShape& shape);

/// Unfolds one image, or `lanes` images side by side, for a product with the weight matrix: x [channels]
/// [height][width][lanes] becomes matrix [shape.columns()][shape.pixels()][lanes], padding as zeros.
void im2col(const kernels::LayerShape& shape, std::int64_t lanes, const float* x, float* matrix, int threads);

}  // namespace coppice
