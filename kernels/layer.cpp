#include "kernels/layer.h"

#include <cmath>
#include <cstddef>

namespace coppice::kernels {

Csr csr_from_dense(const float* matrix, std::int64_t rows, std::int64_t columns) {
  Csr csr;
  csr.rows = rows;
  csr.columns = columns;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      const float value = matrix[r * columns + c];
      if (value == 0) continue;
      csr.column.push_back(static_cast<std::int32_t>(c));
      csr.value.push_back(value);
    }
    csr.begin.push_back(csr.nonzeros());
  }
  return csr;
}

std::vector<float> dense_from_csr(const Csr& matrix) {
  std::vector<float> dense(static_cast<std::size_t>(matrix.rows * matrix.columns));
  for (std::int64_t r = 0; r < matrix.rows; ++r) {
    for (auto i = static_cast<std::size_t>(matrix.begin[r]);
         i < static_cast<std::size_t>(matrix.begin[r + 1]); ++i) {
      dense[static_cast<std::size_t>(r * matrix.columns + matrix.column[i])] = matrix.value[i];
    }
  }
  return dense;
}

Activations Layer::input(std::int64_t images, Layout layout) const {
  return {images, shape.channels, shape.height, shape.width, layout};
}

Activations Layer::output(std::int64_t images, Layout layout) const {
  return {images, shape.outputs, shape.out_height(), shape.out_width(), layout};
}

double Layer::sparse_flops(std::int64_t images) const {
  return 2.0 * static_cast<double>(weights.nonzeros()) * static_cast<double>(shape.pixels() * images);
}

double Layer::dense_flops(std::int64_t images) const {
  return 2.0 * static_cast<double>(shape.outputs * shape.columns()) *
         static_cast<double>(shape.pixels() * images);
}

void reference_layer(const Layer& layer, std::int64_t images, Layout in, Layout out, const float* x,
                     const float* residual, double* y, double* bound) {
  const LayerShape& shape = layer.shape;
  const Activations input = layer.input(images, in), output = layer.output(images, out);
  for (std::int64_t n = 0; n < images; ++n) {
    for (std::int64_t m = 0; m < shape.outputs; ++m) {
      for (std::int64_t row = 0; row < output.height; ++row) {
        for (std::int64_t column = 0; column < output.width; ++column) {
          const std::int64_t at = output.offset(n, m, row, column);
          double sum = layer.bias.empty() ? 0 : layer.bias[static_cast<std::size_t>(m)];
          double size = std::abs(sum);
          for (auto i = static_cast<std::size_t>(layer.weights.begin[m]);
               i < static_cast<std::size_t>(layer.weights.begin[m + 1]); ++i) {
            const std::int64_t k = layer.weights.column[i];
            const std::int64_t window = shape.kernel_height * shape.kernel_width;
            const std::int64_t r =
                row * shape.stride - shape.padding + k % window / shape.kernel_width * shape.dilation;
            const std::int64_t c =
                column * shape.stride - shape.padding + k % shape.kernel_width * shape.dilation;
            if (r < 0 || r >= shape.height || c < 0 || c >= shape.width) continue;
            const double term =
                static_cast<double>(layer.weights.value[i]) * x[input.offset(n, k / window, r, c)];
            sum += term;
            size += std::abs(term);
          }
          if (residual) {
            sum += residual[at];
            size += std::abs(static_cast<double>(residual[at]));
          }
          y[at] = layer.relu && sum < 0 ? 0 : sum;
          if (bound) bound[at] = size;
        }
      }
    }
  }
}

}  // namespace coppice::kernels
