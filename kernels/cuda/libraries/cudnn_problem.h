#pragma once
#include <string>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/libraries/cudnn.h"

namespace coppice::kernels {

/// A batch's convolution in cuDNN's descriptors.
struct ConvolutionProblem {
  /// Throws CudaError.
  ConvolutionProblem(const LayerShape& shape, std::int64_t images, Order order, Precision precision,
                     cudnnMathType_t math);

  CudnnOwned<cudnnTensorDescriptor_t> x, y;
  CudnnOwned<cudnnFilterDescriptor_t> weights;
  CudnnOwned<cudnnConvolutionDescriptor_t> convolution;
};

/// One vector of so many channels, as the bias is described.
CudnnOwned<cudnnTensorDescriptor_t> describe_bias(std::int64_t channels, cudnnDataType_t type);
CudnnOwned<cudnnActivationDescriptor_t> describe_activation(bool relu);

/// One way to ask cuDNN for a layer.
struct ConvolutionForm {
  cudnnConvolutionFwdAlgo_t algorithm = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM;
  cudnnMathType_t math = CUDNN_FMA_MATH;
  bool fused = false;        ///< Bias, residual and ReLU with it; else they are left to our epilogue.
  bool bias_stored = false;  ///< The fused bias is read in the precision of the outputs instead of FP32.
  std::string text() const;
};

/// What there is to try for a layer: every algorithm, alone or fused as cuDNN's documentation allows.
/// `needs_more` says that the layer has a bias, a residual or ReLU.
std::vector<ConvolutionForm> convolution_forms(Precision precision, bool needs_more, bool relu);

}  // namespace coppice::kernels
