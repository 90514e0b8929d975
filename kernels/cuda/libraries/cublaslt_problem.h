#pragma once
#include <vector>

#include "kernels/cuda/libraries/cublaslt.h"
#include "kernels/cuda/libraries/product.h"

namespace coppice::kernels {

/// One way to put a layer's product to cuBLASLt, whose matrices lie by columns unless told otherwise.
struct LtForm {
  Product product;
  Precision precision = Precision::kFp32;
  bool transposed = false;   ///< Asks for y^T = x^T W^T; needs y by rows, or one column.
  bool bias = false;         ///< Fused. Along y's rows, so never transposed.
  bool bias_stored = false;  ///< The bias is read in bf16, as the output is, instead of FP32.
  bool relu = false;         ///< Fused.
};

/// The forms worth trying for a layer, the likeliest first. The residual is always added by the product
/// itself; bias and ReLU that a form leaves out are left to our epilogue.
std::vector<LtForm> lt_forms(const Product& product, Precision precision, bool bias, bool relu);

std::string form_text(const LtForm& form);

/// cuBLASLt's descriptors of D = epilogue(A B + beta C), where C lies as D does. Only one of A and B are the
/// weights.
struct LtProblem {
  /// `bias` is the device's, in the type that the form says; null where none is fused. Throws CudaError.
  LtProblem(const LtForm& form, const void* bias);

  CublasLtOwned<cublasLtMatmulDesc_t> operation;
  CublasLtOwned<cublasLtMatrixLayout_t> a, b, d;
  bool weights_first = true;  ///< A is W, B is x; else the other way round.
};

struct LtAlgorithm {
  cublasLtMatmulAlgo_t algorithm;
  std::size_t workspace_bytes = 0;
};

/// What cuBLASLt's heuristics propose for activations that are 16-byte aligned, within 32 MB of workspace.
/// Empty where it does not know the form. Needs a device. Throws CudaError.
std::vector<LtAlgorithm> lt_algorithms(const LtProblem& problem);

/// "algorithm 66, tile 20, stages 35, split-k 1"
std::string algorithm_text(const cublasLtMatmulAlgo_t& algorithm);

}  // namespace coppice::kernels
