#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn_graph.h"

namespace coppice::kernels {

namespace {

constexpr std::int64_t kAlignment = 16;  // what CudaRunner::run() asks of its callers

/// Sizes in cuDNN's order whatever the order in memory: images, channels, rows, columns.
using Sizes = std::vector<std::int64_t>;

/// Makes a graph's tensors.
class Tensors {
 public:
  Tensors(Order order, Precision precision)
      : channels_last_(order == Order::kChannelsLast),
        stored_(precision == Precision::kBf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT) {}

  cudnnDataType_t stored() const { return stored_; }

  CudnnDescriptor tensor(GraphOperand operand, const Sizes& sizes, cudnnDataType_t type) const {
    CudnnDescriptor made = begin(static_cast<std::int64_t>(operand), sizes, type);
    made.finalise("describing an operand");
    return made;
  }
  /// What an operation hands on to the next without storing it.
  CudnnDescriptor between(const Sizes& sizes) {
    CudnnDescriptor made = begin(next_inner_++, sizes, CUDNN_DATA_FLOAT);
    made.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, true);
    made.finalise("describing an operand");
    return made;
  }

 private:
  CudnnDescriptor begin(std::int64_t number, const Sizes& sizes, cudnnDataType_t type) const {
    const std::int64_t channels = sizes[1], rows = sizes[2], columns = sizes[3];
    const std::int64_t image = channels * rows * columns;
    CudnnDescriptor made(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    made.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, number);
    made.set(CUDNN_ATTR_TENSOR_DATA_TYPE, type);
    made.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment);
    made.set(CUDNN_ATTR_TENSOR_DIMENSIONS, sizes);
    made.set(CUDNN_ATTR_TENSOR_STRIDES, channels_last_ ? Sizes{image, 1, columns * channels, channels}
                                                       : Sizes{image, rows * columns, columns, 1});
    return made;
  }

  bool channels_last_;
  cudnnDataType_t stored_;
  std::int64_t next_inner_ = static_cast<std::int64_t>(GraphOperand::kInner);
};

CudnnDescriptor describe_convolution(const LayerShape& shape) {
  const auto both = [](std::int64_t value) { return std::vector<std::int64_t>{value, value}; };
  CudnnDescriptor made(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  made.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
  made.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
  made.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
  made.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, both(shape.dilation));
  made.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, both(shape.stride));
  made.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, both(shape.padding));
  made.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, both(shape.padding));
  made.finalise("describing a convolution");
  return made;
}

/// y = x + added, or y = relu(x) where nothing is added.
CudnnDescriptor pointwise(const CudnnDescriptor& x, const CudnnDescriptor* added, const CudnnDescriptor& y) {
  CudnnDescriptor what(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  what.set(CUDNN_ATTR_POINTWISE_MODE, added ? CUDNN_POINTWISE_ADD : CUDNN_POINTWISE_RELU_FWD);
  what.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
  what.finalise("describing an operation");
  CudnnDescriptor made(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  made.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, what);
  made.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
  if (added) made.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *added);
  made.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
  made.finalise("describing an operation");
  return made;
}

}  // namespace

std::string GraphForm::text() const {
  std::vector<std::string> parts;
  if (bias) parts.push_back(bias_stored ? "bias in bf16" : "bias");
  if (residual) parts.push_back("residual");
  if (relu) parts.push_back("ReLU");
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  }
  return text.empty() ? "" : text + " fused";
}

std::vector<GraphForm> graph_forms(Precision precision, bool bias, bool residual, bool relu) {
  std::vector<GraphForm> forms;
  if (bias || residual || relu) {
    GraphForm whole;
    whole.bias = true;
    whole.residual = residual;
    whole.relu = relu;
    const bool bf16 = precision == Precision::kBf16;
    if (bias || !bf16) forms.push_back(whole);  // zeros are the same in bf16
    whole.bias_stored = true;
    if (bf16) forms.push_back(whole);
  }
  forms.push_back({});
  return forms;
}

std::vector<CudnnDescriptor> convolution_operations(const LayerShape& shape, std::int64_t images, Order order,
                                                    Precision precision, const GraphForm& form) {
  Tensors tensors(order, precision);
  const Sizes outputs = {images, shape.outputs, shape.out_height(), shape.out_width()};
  const CudnnDescriptor x =
      tensors.tensor(GraphOperand::kX, {images, shape.channels, shape.height, shape.width}, tensors.stored());
  const CudnnDescriptor weights = tensors.tensor(
      GraphOperand::kWeights, {shape.outputs, shape.channels, shape.kernel_height, shape.kernel_width},
      tensors.stored());
  const CudnnDescriptor y = tensors.tensor(GraphOperand::kY, outputs, tensors.stored());
  int left = form.bias + form.residual + form.relu;  // operations to come; the last one stores
  const auto result = [&] { return left-- > 0 ? tensors.between(outputs) : y; };

  CudnnDescriptor sums = result();
  CudnnDescriptor convolution(CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
  convolution.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, describe_convolution(shape));
  convolution.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x);
  convolution.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, weights);
  convolution.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, sums);
  convolution.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1.f);
  convolution.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0.f);
  convolution.finalise("describing an operation");

  std::vector<CudnnDescriptor> operations = {convolution};
  const auto follow = [&](const CudnnDescriptor* added) {
    const CudnnDescriptor next = result();
    operations.push_back(pointwise(sums, added, next));
    sums = next;
  };
  // In this order cuDNN's own fused kernels have them.
  if (form.residual) {
    const CudnnDescriptor residual = tensors.tensor(GraphOperand::kResidual, outputs, tensors.stored());
    follow(&residual);
  }
  if (form.bias) {
    const CudnnDescriptor bias = tensors.tensor(GraphOperand::kBias, {1, shape.outputs, 1, 1},
                                                form.bias_stored ? tensors.stored() : CUDNN_DATA_FLOAT);
    follow(&bias);
  }
  if (form.relu) follow(nullptr);
  return operations;
}

CudnnDescriptor convolution_graph(const LayerShape& shape, std::int64_t images, Order order,
                                  Precision precision, const GraphForm& form, const CudnnTarget& target) {
  CudnnDescriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  target.set_graph(graph);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, convolution_operations(shape, images, order, precision, form));
  graph.finalise("making a graph");
  return graph;
}

CudnnDescriptor graph_operands(const GraphForm& form, const GraphPointers& pointers) {
  std::vector<std::int64_t> operands;
  std::vector<const void*> places;
  const auto add = [&](GraphOperand operand, const void* place) {
    operands.push_back(static_cast<std::int64_t>(operand));
    places.push_back(place);
  };
  add(GraphOperand::kX, pointers.x);
  add(GraphOperand::kWeights, pointers.weights);
  if (form.bias) add(GraphOperand::kBias, pointers.bias);
  if (form.residual) add(GraphOperand::kResidual, pointers.residual);
  add(GraphOperand::kY, pointers.y);
  CudnnDescriptor made(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  made.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, operands);
  made.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, places);
  made.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, pointers.workspace);
  made.finalise("naming the operands");
  return made;
}

}  // namespace coppice::kernels
#endif
