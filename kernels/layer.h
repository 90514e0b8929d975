#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/layout.h"

namespace coppice::kernels {

/// A sparse matrix by rows (compressed sparse rows). Columns rise within a row.
struct Csr {
  std::int64_t rows = 0, columns = 0;
  std::vector<std::int64_t> begin = {0};  ///< [rows + 1]: where each row's entries begin.
  std::vector<std::int32_t> column;
  std::vector<float> value;

  std::int64_t nonzeros() const { return static_cast<std::int64_t>(value.size()); }
  double density() const {
    return rows * columns > 0 ? static_cast<double>(nonzeros()) / static_cast<double>(rows * columns) : 0;
  }
};

/// The entries of a row-major matrix that are not 0.
Csr csr_from_dense(const float* matrix, std::int64_t rows, std::int64_t columns);
std::vector<float> dense_from_csr(const Csr& matrix);  ///< Row-major.

/// A convolution, or a linear layer: that is the convolution whose window is the whole image, so that a
/// network's flatten needs no work of its own.
struct LayerShape {
  std::int64_t outputs = 0;            ///< Output channels: rows of the weight matrix.
  std::int64_t channels = 0;           ///< Of the input.
  std::int64_t height = 1, width = 1;  ///< Of the input image.
  std::int64_t kernel_height = 1, kernel_width = 1;
  std::int64_t stride = 1, padding = 0, dilation = 1;

  std::int64_t out_height() const {
    return (height + 2 * padding - dilation * (kernel_height - 1) - 1) / stride + 1;
  }
  std::int64_t out_width() const {
    return (width + 2 * padding - dilation * (kernel_width - 1) - 1) / stride + 1;
  }
  std::int64_t pixels() const { return out_height() * out_width(); }
  /// Of the weight matrix; column (c * kernel_height + ky) * kernel_width + kx as in PyTorch.
  std::int64_t columns() const { return channels * kernel_height * kernel_width; }
  bool linear() const {
    return pixels() == 1 && padding == 0 && kernel_height == height && kernel_width == width;
  }
  bool operator==(const LayerShape&) const = default;
};

/// y = act(W x + bias + residual), BatchNorm folded into W and bias.
struct Layer {
  LayerShape shape;
  Csr weights;              ///< [shape.outputs][shape.columns()]
  std::vector<float> bias;  ///< [shape.outputs]
  bool residual = false;    ///< Adds a second input of the output's size.
  bool relu = false;        ///< max(., 0); NaN stays NaN.

  Activations input(std::int64_t images, Layout layout) const;
  Activations output(std::int64_t images, Layout layout) const;
  /// Multiply-adds x 2 for so many images, on the nonzeros or on all weights.
  double sparse_flops(std::int64_t images) const;
  double dense_flops(std::int64_t images) const;
};

/// The definition, in FP64 and with no thought of speed: what every kernel is tested against. `x`, `residual`
/// (null without one) and `y` lie in the given layouts; y's halo is left alone.
/// `bound`, where given, receives in y's layout sum |w x| + |bias| + |residual| for each output: errors are
/// measured against it.
void reference_layer(const Layer& layer, std::int64_t images, Layout in, Layout out, const float* x,
                     const float* residual, double* y, double* bound = nullptr);

}  // namespace coppice::kernels
