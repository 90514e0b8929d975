#include "sparse/libtorch/dense_layer.h"

#include "sparse/linear_weights.h"

namespace coppice {

at::Tensor dense_weights(const kernels::Layer& layer, at::MemoryFormat format) {
  const kernels::LayerShape& shape = layer.shape;
  if (!shape.linear()) {
    const std::vector<float> plain = kernels::dense_from_csr(layer.weights);
    return at::tensor(plain)
        .view({shape.outputs, shape.channels, shape.kernel_height, shape.kernel_width})
        .contiguous(format);
  }
  const bool channels_last = format == at::MemoryFormat::ChannelsLast;
  return at::tensor(
             linear_weights(layer, channels_last ? kernels::Order::kChannelsLast : kernels::Order::kPlain))
      .view({shape.outputs, shape.columns()});
}

at::Tensor bias_tensor(const kernels::Layer& layer) {
  return layer.bias.empty() ? at::zeros({layer.shape.outputs}) : at::tensor(layer.bias);
}

at::Tensor as_matrix(const at::Tensor& x, at::MemoryFormat format) {
  const at::Tensor lying = x.contiguous(format);
  return (format == at::MemoryFormat::ChannelsLast ? lying.permute({0, 2, 3, 1}) : lying).flatten(1);
}

}  // namespace coppice
