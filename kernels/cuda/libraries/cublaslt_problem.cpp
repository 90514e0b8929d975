#include "kernels/cuda/libraries/cublaslt_problem.h"

#include <cstdint>

#include "kernels/cuda/libraries/cuda_type.h"

namespace coppice::kernels {

namespace {

constexpr int kProposals = 32;
constexpr std::uint64_t kWorkspaceBytes = std::uint64_t{32} << 20;
constexpr std::uint32_t kActivationAlignment = 16;  // what CudaRunner::run() asks of its callers
constexpr std::uint32_t kWeightAlignment = 256;     // DeviceBuffer's

/// A matrix of so many rows and columns that lies by columns, or by rows.
CublasLtOwned<cublasLtMatrixLayout_t> layout(cudaDataType_t type, std::int64_t rows, std::int64_t columns,
                                             bool by_row) {
  cublasLtMatrixLayout_t made = nullptr;
  cublaslt().check(
      cublaslt().cublasLtMatrixLayoutCreate(&made, type, static_cast<std::uint64_t>(rows),
                                            static_cast<std::uint64_t>(columns), by_row ? columns : rows),
      "describing a matrix");
  CublasLtOwned<cublasLtMatrixLayout_t> owned(made);
  const cublasLtOrder_t order = by_row ? CUBLASLT_ORDER_ROW : CUBLASLT_ORDER_COL;
  cublaslt().check(
      cublaslt().cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_ORDER, &order, sizeof order),
      "describing a matrix");
  return owned;
}

template <class Value>
void set(const CublasLtOwned<cublasLtMatmulDesc_t>& operation, cublasLtMatmulDescAttributes_t what,
         const Value& value) {
  cublaslt().check(cublaslt().cublasLtMatmulDescSetAttribute(operation.get(), what, &value, sizeof value),
                   "describing a product");
}

template <class Value>
void prefer(const CublasLtOwned<cublasLtMatmulPreference_t>& preference,
            cublasLtMatmulPreferenceAttributes_t what, const Value& value) {
  cublaslt().check(
      cublaslt().cublasLtMatmulPreferenceSetAttribute(preference.get(), what, &value, sizeof value),
      "stating a preference");
}

cublasLtEpilogue_t epilogue(const LtForm& form) {
  if (form.bias) return form.relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS;
  return form.relu ? CUBLASLT_EPILOGUE_RELU : CUBLASLT_EPILOGUE_DEFAULT;
}

}  // namespace

std::vector<LtForm> lt_forms(const Product& product, Precision precision, bool bias, bool relu) {
  LtForm whole;
  whole.product = product;
  whole.precision = precision;
  whole.bias = bias;
  whole.relu = relu;
  std::vector<LtForm> forms = {whole};
  if (bias && precision == Precision::kBf16) {
    forms.push_back(whole);
    forms.back().bias_stored = true;
  }
  LtForm bare = whole;
  bare.bias = false;
  if (bias) bare.relu = false;  // it follows the bias
  if (bias || relu) {
    forms.push_back(bare);
    forms.back().relu = false;
  }
  if (product.y_by_row || product.columns == 1) {
    forms.push_back(bare);
    forms.back().transposed = true;
  }
  return forms;
}

std::string form_text(const LtForm& form) {
  std::string text = form.transposed ? "transposed" : "straight";
  if (form.bias) text += form.bias_stored ? ", bias in bf16 fused" : ", bias fused";
  if (form.relu) text += ", ReLU fused";
  return text;
}

LtProblem::LtProblem(const LtForm& form, const void* bias) : weights_first(!form.transposed) {
  const CublasLt& lt = cublaslt();
  const auto [rows, inner, columns, x_by_row, y_by_row] = form.product;
  const cudaDataType_t type = cuda_type(form.precision);
  const bool tf32 = form.precision == Precision::kTf32;
  cublasLtMatmulDesc_t made = nullptr;
  lt.check(lt.cublasLtMatmulDescCreate(&made, tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F,
                                       CUDA_R_32F),
           "describing a product");
  operation.reset(made);
  // Memory [i][j] is a matrix by columns of j rows and i columns.
  auto weights = layout(type, inner, rows, false);
  auto x = x_by_row ? layout(type, columns, inner, false) : layout(type, inner, columns, false);
  if (form.transposed) {  // y^T [columns x rows] = x^T W^T
    a = std::move(x);
    b = std::move(weights);
    d = layout(type, columns, rows, !y_by_row);
    set(operation, CUBLASLT_MATMUL_DESC_TRANSA, x_by_row ? CUBLAS_OP_N : CUBLAS_OP_T);
    set(operation, CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_N);
  } else {
    a = std::move(weights);
    b = std::move(x);
    d = layout(type, rows, columns, y_by_row);
    set(operation, CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
    set(operation, CUBLASLT_MATMUL_DESC_TRANSB, x_by_row ? CUBLAS_OP_T : CUBLAS_OP_N);
  }
  set(operation, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue(form));
  if (!form.bias) return;
  set(operation, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, form.bias_stored ? type : CUDA_R_32F);
  set(operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
}

std::vector<LtAlgorithm> lt_algorithms(const LtProblem& problem) {
  const CublasLt& lt = cublaslt();
  cublasLtMatmulPreference_t made = nullptr;
  lt.check(lt.cublasLtMatmulPreferenceCreate(&made), "making a preference");
  const CublasLtOwned<cublasLtMatmulPreference_t> preference(made);
  prefer(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes);
  prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES,
         problem.weights_first ? kWeightAlignment : kActivationAlignment);
  prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
         problem.weights_first ? kActivationAlignment : kWeightAlignment);
  prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, kActivationAlignment);
  prefer(preference, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, kActivationAlignment);
  std::vector<cublasLtMatmulHeuristicResult_t> results(kProposals);
  int count = 0;
  const cublasStatus_t status = lt.cublasLtMatmulAlgoGetHeuristic(
      cublaslt_handle(), problem.operation.get(), problem.a.get(), problem.b.get(), problem.d.get(),
      problem.d.get(), preference.get(), kProposals, results.data(), &count);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_INVALID_VALUE) return {};
  lt.check(status, "asking for algorithms");
  std::vector<LtAlgorithm> algorithms;
  for (int i = 0; i < count; ++i) {
    const cublasLtMatmulHeuristicResult_t& result = results[static_cast<std::size_t>(i)];
    if (result.state == CUBLAS_STATUS_SUCCESS) algorithms.push_back({result.algo, result.workspaceSize});
  }
  return algorithms;
}

std::string algorithm_text(const cublasLtMatmulAlgo_t& algorithm) {
  std::string text;
  const auto add = [&](const char* what, cublasLtMatmulAlgoConfigAttributes_t attribute) {
    std::int32_t value = 0;
    std::size_t written = 0;
    if (cublaslt().cublasLtMatmulAlgoConfigGetAttribute(&algorithm, attribute, &value, sizeof value,
                                                        &written) == CUBLAS_STATUS_SUCCESS) {
      text += (text.empty() ? "" : ", ") + std::string(what) + " " + std::to_string(value);
    }
  };
  add("algorithm", CUBLASLT_ALGO_CONFIG_ID);
  add("tile", CUBLASLT_ALGO_CONFIG_TILE_ID);
  add("stages", CUBLASLT_ALGO_CONFIG_STAGES_ID);
  add("split-k", CUBLASLT_ALGO_CONFIG_SPLITK_NUM);
  return text;
}

}  // namespace coppice::kernels
