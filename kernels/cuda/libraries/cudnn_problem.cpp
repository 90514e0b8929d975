#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn_problem.h"

namespace coppice::kernels {

namespace {

cudnnDataType_t type_of(Precision precision) {
  return precision == Precision::kBf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

cudnnTensorFormat_t format_of(Order order) {
  return order == Order::kChannelsLast ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW;
}

CudnnOwned<cudnnTensorDescriptor_t> tensor(cudnnTensorFormat_t format, cudnnDataType_t type,
                                           std::int64_t images, std::int64_t channels, std::int64_t height,
                                           std::int64_t width) {
  cudnnTensorDescriptor_t made = nullptr;
  cudnn().check(cudnn().cudnnCreateTensorDescriptor(&made), "making a descriptor");
  CudnnOwned<cudnnTensorDescriptor_t> owned(made);
  cudnn().check(cudnn().cudnnSetTensor4dDescriptor(made, format, type, static_cast<int>(images),
                                                   static_cast<int>(channels), static_cast<int>(height),
                                                   static_cast<int>(width)),
                "describing activations");
  return owned;
}

const char* algorithm_name(cudnnConvolutionFwdAlgo_t algorithm) {
  switch (algorithm) {
    case CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM: return "implicit GEMM";
    case CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM: return "implicit precomputed GEMM";
    case CUDNN_CONVOLUTION_FWD_ALGO_GEMM: return "GEMM";
    case CUDNN_CONVOLUTION_FWD_ALGO_DIRECT: return "direct";
    case CUDNN_CONVOLUTION_FWD_ALGO_FFT: return "FFT";
    case CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING: return "tiled FFT";
    case CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD: return "Winograd";
    case CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED: return "Winograd in several kernels";
    default: return "unnamed algorithm";
  }
}

}  // namespace

ConvolutionProblem::ConvolutionProblem(const LayerShape& shape, std::int64_t images, Order order,
                                       Precision precision, cudnnMathType_t math) {
  const cudnnTensorFormat_t format = format_of(order);
  const cudnnDataType_t type = type_of(precision);
  x = tensor(format, type, images, shape.channels, shape.height, shape.width);
  y = tensor(format, type, images, shape.outputs, shape.out_height(), shape.out_width());
  cudnnFilterDescriptor_t filter = nullptr;
  cudnn().check(cudnn().cudnnCreateFilterDescriptor(&filter), "making a descriptor");
  weights.reset(filter);
  cudnn().check(cudnn().cudnnSetFilter4dDescriptor(
                    filter, type, format, static_cast<int>(shape.outputs), static_cast<int>(shape.channels),
                    static_cast<int>(shape.kernel_height), static_cast<int>(shape.kernel_width)),
                "describing weights");
  cudnnConvolutionDescriptor_t made = nullptr;
  cudnn().check(cudnn().cudnnCreateConvolutionDescriptor(&made), "making a descriptor");
  convolution.reset(made);
  const int padding = static_cast<int>(shape.padding), stride = static_cast<int>(shape.stride),
            dilation = static_cast<int>(shape.dilation);
  cudnn().check(cudnn().cudnnSetConvolution2dDescriptor(made, padding, padding, stride, stride, dilation,
                                                        dilation, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
                "describing a convolution");
  cudnn().check(cudnn().cudnnSetConvolutionMathType(made, math), "describing a convolution");
}

CudnnOwned<cudnnTensorDescriptor_t> describe_bias(std::int64_t channels, cudnnDataType_t type) {
  return tensor(CUDNN_TENSOR_NCHW, type, 1, channels, 1, 1);
}

CudnnOwned<cudnnActivationDescriptor_t> describe_activation(bool relu) {
  cudnnActivationDescriptor_t made = nullptr;
  cudnn().check(cudnn().cudnnCreateActivationDescriptor(&made), "making a descriptor");
  CudnnOwned<cudnnActivationDescriptor_t> owned(made);
  cudnn().check(
      cudnn().cudnnSetActivationDescriptor(made, relu ? CUDNN_ACTIVATION_RELU : CUDNN_ACTIVATION_IDENTITY,
                                           CUDNN_NOT_PROPAGATE_NAN, 0),
      "describing an activation");
  return owned;
}

std::string ConvolutionForm::text() const {
  std::string text = algorithm_name(algorithm);
  text += math == CUDNN_FMA_MATH ? ", FMA" : ", tensor cores";
  if (fused) text += bias_stored ? ", bias in bf16 and the rest fused" : ", bias and the rest fused";
  return text;
}

std::vector<ConvolutionForm> convolution_forms(Precision precision, bool needs_more, bool relu) {
  std::vector<cudnnMathType_t> maths;
  if (precision != Precision::kFp32) maths.push_back(CUDNN_TENSOR_OP_MATH);
  if (precision != Precision::kBf16) maths.push_back(CUDNN_FMA_MATH);  // Winograd may beat TF32's products
  std::vector<ConvolutionForm> forms;
  for (const cudnnMathType_t math : maths) {
    for (int i = 0; i < CUDNN_CONVOLUTION_FWD_ALGO_COUNT; ++i) {
      ConvolutionForm form;
      form.algorithm = static_cast<cudnnConvolutionFwdAlgo_t>(i);
      form.math = math;
      forms.push_back(form);
      // Without an activation only this algorithm fuses.
      const bool fuses = relu || form.algorithm == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
      if (!needs_more || !fuses) continue;
      form.fused = true;
      forms.push_back(form);
      form.bias_stored = true;
      if (precision == Precision::kBf16) forms.push_back(form);
    }
  }
  return forms;
}

}  // namespace coppice::kernels
#endif
