#pragma once
#include <cstdint>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/stream.h"
#include "kernels/layer.h"

namespace coppice::kernels {

/// Rows and columns of the matrix whose product with a layer's weights is its output.
struct Im2colMatrix {
  std::int64_t rows = 0, columns = 0;  ///< channels * window; images * pixels of the output.
  std::int64_t bytes(Precision precision) const { return rows * columns * element_bytes(precision); }
};
Im2colMatrix im2col_matrix(const LayerShape& shape, std::int64_t images);

/// Writes it out by rows: row (channel * kernel_height + ky) * kernel_width + kx has, for every column, the
/// input that this weight meets there, 0 in the padding. Columns are pixel * images + image for images-last
/// input, image * pixels + pixel for plain input.
///   x       the device's, `shape`'s input in layout `in`, elements as the precision has them; of any halo,
///           which is not read
///   matrix  the device's; must not overlap x. Both 16-byte aligned
///   overlap the launch may begin before the one before it has ended
/// Queues one launch, and allocates nothing. Bound by memory: the matrix is written once, x read once from
/// memory and for every weight of the window from L1 or L2. Throws std::invalid_argument for other orders,
/// pointers that are null or misaligned, an empty layer, and sizes past 2^31 - 1 columns or blocks; and
/// CudaError.
void im2col(const LayerShape& shape, std::int64_t images, Precision precision, Layout in, const void* x,
            void* matrix, CudaStream stream, bool overlap = false);

}  // namespace coppice::kernels
