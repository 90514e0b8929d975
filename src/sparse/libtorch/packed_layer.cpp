#include <ATen/Parallel.h>

#include "sparse/libtorch/dense_layer.h"
#include "sparse/libtorch/onednn_ops.h"
#include "sparse/libtorch/placed_output.h"
#include "sparse/mkl.h"
#include "sparse/mkl_linear.h"

namespace coppice {

namespace {

/// Calls an operation that makes its result before any other tensor, and has it made in `out`, if there is
/// one.
template <class Operation>
at::Tensor placed(const at::Tensor& out, Operation&& operation) {
  if (!out.defined()) return operation();
  const PlacedOutput scope(out.mutable_data_ptr<float>(), out.nbytes());
  return operation();
}

class OnednnConvolution : public DenseLayer {
 public:
  OnednnConvolution(const kernels::Layer& layer, std::int64_t images, const OnednnOps& ops)
      : ops_(ops),
        shape_(layer.shape),
        relu_(layer.relu),
        packed_(ops.pack_convolution(dense_weights(layer, at::MemoryFormat::Contiguous), shape_, images)),
        bytes_(4 * shape_.outputs * shape_.columns()),
        bias_(bias_tensor(layer)) {}

  at::Tensor run(const at::Tensor& x, const Operand& residual, const at::Tensor& out) const override {
    if (!residual.tensor.defined()) {
      return placed(out, [&] { return ops_.convolution(x, packed_, bias_, shape_, relu_); });
    }
    // Adding in place and a copy where that is not allowed are faster than the form that keeps its operand.
    at::Tensor y = out.defined()    ? const_cast<at::Tensor&>(out).copy_(residual.tensor)
                   : residual.spare ? residual.tensor
                                    : residual.tensor.clone();
    ops_.add_convolution(y, x, packed_, bias_, shape_, relu_);
    return y;
  }

  std::int64_t packed_bytes() const override { return bytes_; }

 private:
  const OnednnOps& ops_;
  kernels::LayerShape shape_;
  bool relu_;
  at::Tensor packed_;
  std::int64_t bytes_;
  at::Tensor bias_;
};

class OnednnLinear : public DenseLayer {
 public:
  OnednnLinear(const kernels::Layer& layer, std::int64_t images, at::MemoryFormat format,
               const OnednnOps& ops)
      : ops_(ops),
        outputs_(layer.shape.outputs),
        relu_(layer.relu),
        residual_(layer.residual),
        format_(format),
        packed_(ops.pack_linear(dense_weights(layer, format), images)),
        bytes_(4 * layer.shape.outputs * layer.shape.columns()),
        bias_(bias_tensor(layer)) {}

  at::Tensor run(const at::Tensor& x, const Operand& residual, const at::Tensor& out) const override {
    const at::Tensor matrix = as_matrix(x, format_);
    const at::Tensor y = placed(out, [&] {
                           return ops_.linear(matrix, packed_, bias_, relu_ && !residual_);
                         }).view({x.size(0), outputs_, 1, 1});
    if (!residual_) return y;
    at::Tensor to = out.defined() ? out : y;
    return relu_ ? at::_add_relu_out(to, y, residual.tensor) : at::add_out(to, y, residual.tensor);
  }

  std::int64_t packed_bytes() const override { return bytes_; }

 private:
  const OnednnOps& ops_;
  std::int64_t outputs_;
  bool relu_, residual_;
  at::MemoryFormat format_;
  at::Tensor packed_;
  std::int64_t bytes_;
  at::Tensor bias_;
};

class MklLayer : public DenseLayer {
 public:
  MklLayer(const kernels::Layer& layer, std::int64_t images, at::MemoryFormat format)
      : relu_(layer.relu),
        format_(format),
        linear_(dense_weights(layer, format).const_data_ptr<float>(), layer.shape.outputs,
                layer.shape.columns(), images, form(images)),
        bias_(bias_tensor(layer).view({1, layer.shape.outputs, 1, 1})) {}

  at::Tensor run(const at::Tensor& x, const Operand& residual, const at::Tensor& out) const override {
    at::Tensor y = out.defined() ? out : at::empty({x.size(0), bias_.size(1), 1, 1});
    if (residual.tensor.defined()) {
      at::add_out(y, residual.tensor, bias_);
    } else {
      y.copy_(bias_.expand_as(y));
    }
    linear_.add(as_matrix(x, format_).const_data_ptr<float>(), y.mutable_data_ptr<float>());
    return relu_ ? y.relu_() : y;
  }

  std::int64_t packed_bytes() const override { return linear_.bytes(); }

 private:
  /// One image: MKL's threads share the rows of a plain matrix better; one thread likes it transposed.
  static MklLinear::Form form(std::int64_t images) {
    if (images > 1) return MklLinear::Form::kPacked;
    return at::get_num_threads() > 1 ? MklLinear::Form::kPlain : MklLinear::Form::kTransposed;
  }

  bool relu_;
  at::MemoryFormat format_;
  MklLinear linear_;
  at::Tensor bias_;
};

}  // namespace

std::unique_ptr<DenseLayer> onednn_layer(const kernels::Layer& layer, std::int64_t images,
                                         at::MemoryFormat format) {
  const OnednnOps* ops = OnednnOps::get();
  if (!ops) return nullptr;
  if (layer.shape.linear()) return std::make_unique<OnednnLinear>(layer, images, format, *ops);
  return std::make_unique<OnednnConvolution>(layer, images, *ops);
}

std::unique_ptr<DenseLayer> mkl_layer(const kernels::Layer& layer, std::int64_t images,
                                      at::MemoryFormat format) {
  if (*mkl::lacking() || !layer.shape.linear()) return nullptr;
  return std::make_unique<MklLayer>(layer, images, format);
}

}  // namespace coppice
