#include "sparse/libtorch/dense_layer.h"

namespace coppice {

namespace {

class AtenConvolution : public DenseLayer {
 public:
  AtenConvolution(const kernels::Layer& layer, at::MemoryFormat format)
      : shape_(layer.shape),
        relu_(layer.relu),
        weight_(dense_weights(layer, format)),
        bias_(bias_tensor(layer)) {}

  at::Tensor run(const at::Tensor& x, const Operand& residual, const at::Tensor& out) const override {
    at::Tensor y = at::conv2d(x, weight_, bias_, {shape_.stride, shape_.stride},
                              {shape_.padding, shape_.padding}, {shape_.dilation, shape_.dilation});
    // Whatever follows writes to `out` in the same sweep.
    if (residual.tensor.defined()) {
      at::Tensor to = out.defined() ? out : y;
      return relu_ ? at::_add_relu_out(to, y, residual.tensor) : at::add_out(to, y, residual.tensor);
    }
    if (!relu_) return y;
    return out.defined() ? at::relu_out(const_cast<at::Tensor&>(out), y) : y.relu_();
  }

  std::int64_t packed_bytes() const override { return static_cast<std::int64_t>(weight_.nbytes()); }

 private:
  kernels::LayerShape shape_;
  bool relu_;
  at::Tensor weight_, bias_;
};

class AtenLinear : public DenseLayer {
 public:
  AtenLinear(const kernels::Layer& layer, at::MemoryFormat format)
      : relu_(layer.relu),
        format_(format),
        weight_(dense_weights(layer, format)),
        turned_(weight_.t()),
        bias_(bias_tensor(layer)) {}

  at::Tensor run(const at::Tensor& x, const Operand& residual, const at::Tensor& out) const override {
    const std::array<std::int64_t, 4> size{x.size(0), weight_.size(0), 1, 1};
    at::Tensor y = out.defined() ? out.view({size[0], size[1]}) : at::empty({size[0], size[1]});
    at::addmm_out(y, bias_, as_matrix(x, format_), turned_);
    if (residual.tensor.defined()) y.add_(residual.tensor.view({size[0], size[1]}));
    if (relu_) y.relu_();
    return out.defined() ? out : y.view(size);
  }

  std::int64_t packed_bytes() const override { return static_cast<std::int64_t>(weight_.nbytes()); }

 private:
  bool relu_;
  at::MemoryFormat format_;
  at::Tensor weight_, turned_, bias_;
};

}  // namespace

std::unique_ptr<DenseLayer> aten_layer(const kernels::Layer& layer, at::MemoryFormat format) {
  if (layer.shape.linear()) return std::make_unique<AtenLinear>(layer, format);
  return std::make_unique<AtenConvolution>(layer, format);
}

}  // namespace coppice
