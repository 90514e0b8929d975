#include "sparse/im2col.h"

#include <algorithm>
#include <cstddef>

namespace coppice {

namespace {

struct Range {
  std::int64_t begin, end;
};

/// The output positions whose input position (position * stride + shift) lies in the image.
Range inside(std::int64_t outputs, std::int64_t inputs, std::int64_t stride, std::int64_t shift) {
  const std::int64_t begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  const std::int64_t end = inputs > shift ? (inputs - shift + stride - 1) / stride : 0;
  const std::int64_t last = std::min(outputs, end);
  return {std::min(begin, last), last};
}

/// One row of the matrix: the input as one weight sees it.
void unfold(const kernels::LayerShape& shape, std::int64_t lanes, const float* plane, std::int64_t ky,
            std::int64_t kx, float* to) {
  const std::int64_t width = shape.out_width();
  const std::int64_t down = ky * shape.dilation - shape.padding, right = kx * shape.dilation - shape.padding;
  const Range rows = inside(shape.out_height(), shape.height, shape.stride, down);
  const Range columns = inside(width, shape.width, shape.stride, right);
  std::fill_n(to, rows.begin * width * lanes, 0.0F);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* from = plane + ((row * shape.stride + down) * shape.width + right) * lanes;
    float* line = to + row * width * lanes;
    std::fill_n(line, columns.begin * lanes, 0.0F);
    if (shape.stride == 1) {
      std::copy_n(from + columns.begin * lanes, (columns.end - columns.begin) * lanes,
                  line + columns.begin * lanes);
    } else if (lanes == 1) {
      for (std::int64_t i = columns.begin; i < columns.end; ++i) line[i] = from[i * shape.stride];
    } else {
      for (std::int64_t i = columns.begin; i < columns.end; ++i) {
        std::copy_n(from + i * shape.stride * lanes, lanes, line + i * lanes);
      }
    }
    std::fill(line + columns.end * lanes, line + width * lanes, 0.0F);
  }
  std::fill(to + rows.end * width * lanes, to + shape.pixels() * lanes, 0.0F);
}

}  // namespace

bool im2col_is_input(const kernels::LayerShape& shape) {
  return shape.linear() ||
         (shape.kernel_height == 1 && shape.kernel_width == 1 && shape.stride == 1 && shape.padding == 0);
}

void im2col(const kernels::LayerShape& shape, std::int64_t lanes, const float* x, float* matrix,
            int threads) {
  const std::int64_t window = shape.kernel_height * shape.kernel_width;
  const std::int64_t plane = shape.height * shape.width * lanes, line = shape.pixels() * lanes;
  // Below some tens of thousands of floats waking the threads costs more than they save.
#pragma omp parallel for schedule(static) num_threads(threads) if (shape.columns() * line > 32 * 1024)
  for (std::int64_t k = 0; k < shape.columns(); ++k) {
    unfold(shape, lanes, x + k / window * plane, k % window / shape.kernel_width, k % shape.kernel_width,
           matrix + k * line);
  }
}

}  // namespace coppice
