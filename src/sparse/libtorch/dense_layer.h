#pragma once
#include <ATen/ATen.h>

#include "kernels/layer.h"

namespace coppice {

/// A tensor that a layer reads; a spare one is read by nobody later and may be overwritten.
struct Operand {
  at::Tensor tensor;
  bool spare = false;
};

/// A layer on one of LibTorch's dense ways, for one number of images. Called in inference mode.
class DenseLayer {
 public:
  virtual ~DenseLayer() = default;
  /// x [n, channels, height, width]; the residual is undefined unless the layer has one. The result, of the
  /// output's four extents, lies in `out` where that is defined and the operation can write there.
  virtual at::Tensor run(const at::Tensor& x, const Operand& residual, const at::Tensor& out) const = 0;
  virtual std::int64_t packed_bytes() const = 0;
};

/// ATen's own operations, in the layout of the images.
std::unique_ptr<DenseLayer> aten_layer(const kernels::Layer& layer, at::MemoryFormat format);

/// oneDNN with packed weights; convolutions are channels-last. Null where LibTorch lacks it.
std::unique_ptr<DenseLayer> onednn_layer(const kernels::Layer& layer, std::int64_t images,
                                         at::MemoryFormat format);

/// A linear layer on MKL with weights made ready. Null where LibTorch lacks MKL.
std::unique_ptr<DenseLayer> mkl_layer(const kernels::Layer& layer, std::int64_t images,
                                      at::MemoryFormat format);

/// The fastest of the above for a channels-last network, found by trying them on random images.
std::unique_ptr<DenseLayer> fastest_layer(const kernels::Layer& layer, std::int64_t images);

/// A layer's weights: [outputs, channels, kernel height, kernel width], or [outputs, columns] for a linear
/// layer with its columns as images of this format lie.
at::Tensor dense_weights(const kernels::Layer& layer, at::MemoryFormat format);
at::Tensor bias_tensor(const kernels::Layer& layer);  ///< Zeros where the layer has none.
/// [n, c h w] as the images lie, without a copy where they lie in `format`.
at::Tensor as_matrix(const at::Tensor& x, at::MemoryFormat format);

}  // namespace coppice
