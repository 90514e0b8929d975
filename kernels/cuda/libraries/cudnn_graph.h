#pragma once
#include <string>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/libraries/cudnn_target.h"

namespace coppice::kernels {

/// One way to put a layer to cuDNN as a graph: the convolution, and what of the rest is fused with it.
struct GraphForm {
  bool bias = false, residual = false, relu = false;  ///< Fused; the rest is left to our epilogue.
  bool bias_stored = false;  ///< The fused bias is read in the precision of the outputs instead of FP32.
  std::string text() const;  ///< "bias and ReLU fused"; empty where nothing is.
};

/// The forms to try for a layer with such a rest: all of it fused, or none. What is fused has a bias always,
/// if need be of zeros: without one cuDNN only knows kernels that are compiled at run time.
std::vector<GraphForm> graph_forms(Precision precision, bool bias, bool residual, bool relu);

/// The operands of a graph by their numbers in it.
enum class GraphOperand : std::int64_t { kX = 1, kWeights, kBias, kResidual, kY, kInner };

/// A finalised graph: y = relu(convolution(x, weights) + residual + bias), computed in FP32. Activations and
/// weights lie in `order`, plain or channels-last. Throws CudaError.
CudnnDescriptor convolution_graph(const LayerShape& shape, std::int64_t images, Order order,
                                  Precision precision, const GraphForm& form, const CudnnTarget& target);

/// Where the operands of a graph lie on the device. What its form does not fuse is not looked at; a workspace
/// of no bytes may be null.
struct GraphPointers {
  const void *x = nullptr, *weights = nullptr, *bias = nullptr, *residual = nullptr, *y = nullptr;
  const void* workspace = nullptr;
  bool operator==(const GraphPointers&) const = default;
};

/// What a plan is executed on. Throws CudaError.
CudnnDescriptor graph_operands(const GraphForm& form, const GraphPointers& pointers);

/// The graph's operations before it is made of them, the convolution first. For tests.
std::vector<CudnnDescriptor> convolution_operations(const LayerShape& shape, std::int64_t images, Order order,
                                                    Precision precision, const GraphForm& form);

}  // namespace coppice::kernels
