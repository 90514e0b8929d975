#include "sparse/libtorch/onednn_ops.h"

namespace coppice {

namespace {

template <class Signature>
c10::TypedOperatorHandle<Signature> operation(const char* name, const char* overload = "") {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

struct Geometry {
  explicit Geometry(const kernels::LayerShape& shape)
      : padding{shape.padding, shape.padding},
        stride{shape.stride, shape.stride},
        dilation{shape.dilation, shape.dilation} {}
  std::array<std::int64_t, 2> padding, stride, dilation;
};

}  // namespace

OnednnOps::OnednnOps()
    : pack_convolution_(operation<PackConvolution>("mkldnn::_reorder_convolution_weight")),
      convolution_(operation<Convolution>("mkldnn::_convolution_pointwise")),
      add_convolution_(operation<AddConvolution>("mkldnn::_convolution_pointwise_", "binary")),
      pack_linear_(operation<PackLinear>("mkldnn::_reorder_linear_weight")),
      linear_(operation<Linear>("mkldnn::_linear_pointwise")) {}

const OnednnOps* OnednnOps::get() {
  static const std::unique_ptr<const OnednnOps> ops = []() -> std::unique_ptr<const OnednnOps> {
    if (!at::globalContext().hasMKLDNN()) return nullptr;
    try {
      return std::unique_ptr<const OnednnOps>(new OnednnOps);
    } catch (const c10::Error&) {  // missing, or with other arguments
      return nullptr;
    }
  }();
  return ops.get();
}

at::Tensor OnednnOps::pack_convolution(const at::Tensor& weight, const kernels::LayerShape& shape,
                                       std::int64_t images) const {
  const Geometry at(shape);
  const std::array<std::int64_t, 4> input{images, shape.channels, shape.height, shape.width};
  return pack_convolution_.call(weight, at.padding, at.stride, at.dilation, 1, at::IntArrayRef(input));
}

at::Tensor OnednnOps::convolution(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias,
                                  const kernels::LayerShape& shape, bool relu) const {
  const Geometry at(shape);
  return convolution_.call(x, packed, bias, at.padding, at.stride, at.dilation, 1, relu ? "relu" : "none",
                           none_, std::nullopt);
}

void OnednnOps::add_convolution(at::Tensor& y, const at::Tensor& x, const at::Tensor& packed,
                                const at::Tensor& bias, const kernels::LayerShape& shape, bool relu) const {
  const Geometry at(shape);
  add_convolution_.call(y, x, packed, bias, at.padding, at.stride, at.dilation, 1, "add", std::nullopt,
                        relu ? Text("relu") : std::nullopt, none_, std::nullopt);
}

at::Tensor OnednnOps::pack_linear(const at::Tensor& weight, std::int64_t images) const {
  return pack_linear_.call(weight, images);
}

at::Tensor OnednnOps::linear(const at::Tensor& x, const at::Tensor& packed, const at::Tensor& bias,
                             bool relu) const {
  return linear_.call(x, packed, bias, relu ? "relu" : "none", none_, std::nullopt);
}

}  // namespace coppice
