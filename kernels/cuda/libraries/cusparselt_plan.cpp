#if __has_include(<cusparseLt.h>)
#include "kernels/cuda/libraries/cusparselt_plan.h"

#include <cuda_runtime.h>

#include "kernels/cuda/check.cuh"
#include "kernels/cuda/libraries/cuda_type.h"

namespace coppice::kernels {

namespace {

constexpr std::uint32_t kAlignment = 16;
constexpr auto kAsIs = CUSPARSE_OPERATION_NON_TRANSPOSE;
constexpr float kOne = 1, kZero = 0;

}  // namespace

std::string StructuredChoice::text() const {
  std::string text = "algorithm " + std::to_string(id);
  if (split_k) text += ", split-k " + std::to_string(*split_k) + " found by its search";
  return text;
}

StructuredPlan::StructuredPlan(const StructuredForm& form, const StructuredChoice& choice)
    : handle_(cusparselt_handle()) {
  try {
    make(form, choice);
  } catch (...) {
    destroy();
    throw;
  }
}

StructuredPlan::~StructuredPlan() { destroy(); }

void StructuredPlan::destroy() {
  if (plan_made_) cusparselt().cusparseLtMatmulPlanDestroy(&plan_);
  if (algorithm_made_) cusparselt().cusparseLtMatmulAlgSelectionDestroy(&algorithm_);
  cusparseLtMatDescriptor_t* const matrices[] = {&weights_, &x_, &y_};
  for (int i = 0; i < matrices_made_; ++i) cusparselt().cusparseLtMatDescriptorDestroy(matrices[i]);
}

void StructuredPlan::make(const StructuredForm& form, const StructuredChoice& choice) {
  const CusparseLt& lt = cusparselt();
  const auto [rows, inner, columns, x_by_row, y_by_row] = form.product;
  const cudaDataType_t type = cuda_type(form.precision);
  x_bytes_ = inner * columns * element_bytes(form.precision);
  y_bytes_ = rows * columns * element_bytes(form.precision);
  lt.check(lt.cusparseLtStructuredDescriptorInit(handle_, &weights_, rows, inner, inner, kAlignment, type,
                                                 CUSPARSE_ORDER_ROW, CUSPARSELT_SPARSITY_50_PERCENT),
           "describing the weights");
  ++matrices_made_;
  const std::int64_t x_rows = x_by_row ? inner : columns, x_columns = x_by_row ? columns : inner;
  lt.check(lt.cusparseLtDenseDescriptorInit(handle_, &x_, x_rows, x_columns, x_columns, kAlignment, type,
                                            CUSPARSE_ORDER_ROW),
           "describing the input");
  ++matrices_made_;
  lt.check(
      lt.cusparseLtDenseDescriptorInit(handle_, &y_, rows, columns, y_by_row ? columns : rows, kAlignment,
                                       type, y_by_row ? CUSPARSE_ORDER_ROW : CUSPARSE_ORDER_COL),
      "describing the output");
  ++matrices_made_;
  lt.check(lt.cusparseLtMatmulDescriptorInit(handle_, &product_, kAsIs,
                                             x_by_row ? kAsIs : CUSPARSE_OPERATION_TRANSPOSE, &weights_, &x_,
                                             &y_, &y_, CUSPARSE_COMPUTE_32F),
           "describing the product");
  if (form.bias) {
    lt.check(lt.cusparseLtMatmulDescSetAttribute(handle_, &product_, CUSPARSELT_MATMUL_BIAS_POINTER,
                                                 &form.bias, sizeof form.bias),
             "fusing the bias");
  }
  if (form.relu) {
    const int yes = 1;
    lt.check(lt.cusparseLtMatmulDescSetAttribute(handle_, &product_, CUSPARSELT_MATMUL_ACTIVATION_RELU, &yes,
                                                 sizeof yes),
             "fusing ReLU");
  }
  lt.check(
      lt.cusparseLtMatmulAlgSelectionInit(handle_, &algorithm_, &product_, CUSPARSELT_MATMUL_ALG_DEFAULT),
      "choosing an algorithm");
  algorithm_made_ = true;
  const auto choose = [&](cusparseLtMatmulAlgAttribute_t what, int value) {
    lt.check(lt.cusparseLtMatmulAlgSetAttribute(handle_, &algorithm_, what, &value, sizeof value),
             "choosing an algorithm");
  };
  choose(CUSPARSELT_MATMUL_ALG_CONFIG_ID, choice.id);
  if (choice.split_k) choose(CUSPARSELT_MATMUL_SPLIT_K, *choice.split_k);
  if (choice.split_k_mode) choose(CUSPARSELT_MATMUL_SPLIT_K_MODE, *choice.split_k_mode);
  if (choice.split_k_buffers) choose(CUSPARSELT_MATMUL_SPLIT_K_BUFFERS, *choice.split_k_buffers);
  lt.check(lt.cusparseLtMatmulPlanInit(handle_, &plan_, &product_, &algorithm_), "planning");
  plan_made_ = true;
  std::size_t bytes = 0;
  lt.check(lt.cusparseLtMatmulGetWorkspace(handle_, &plan_, &bytes), "asking for the workspace");
  workspace_ = DeviceBuffer(static_cast<std::int64_t>(bytes));
}

DeviceBuffer StructuredPlan::compress(const DeviceBuffer& dense) const {
  const CusparseLt& lt = cusparselt();
  std::size_t bytes = 0, buffer_bytes = 0;
  lt.check(lt.cusparseLtSpMMACompressedSize2(handle_, &weights_, &bytes, &buffer_bytes),
           "asking for the size of the weights");
  DeviceBuffer compressed(static_cast<std::int64_t>(bytes)), buffer(static_cast<std::int64_t>(buffer_bytes));
  constexpr int kSparseFirst = 1;
  lt.check(lt.cusparseLtSpMMACompress2(handle_, &weights_, kSparseFirst, kAsIs, dense.data(),
                                       compressed.data(), buffer.data(), nullptr),
           "compressing the weights");
  check_cuda(cudaDeviceSynchronize(), "compressing the weights");
  return compressed;
}

int StructuredPlan::algorithms() const {
  int count = 0;
  cusparselt().check(cusparselt().cusparseLtMatmulAlgGetAttribute(
                         handle_, &algorithm_, CUSPARSELT_MATMUL_ALG_CONFIG_MAX_ID, &count, sizeof count),
                     "counting algorithms");
  return count;
}

StructuredChoice StructuredPlan::search(const DeviceBuffer& compressed) {
  const CusparseLt& lt = cusparselt();
  DeviceBuffer x(x_bytes_), y(y_bytes_);
  x.fill(0x3c);  // small numbers in bf16 and FP32 alike
  CudaStream stream = nullptr;
  lt.check(lt.cusparseLtMatmulSearch(handle_, &plan_, &kOne, compressed.data(), x.data(), &kZero, y.data(),
                                     y.data(), workspace_.data(), &stream, 1),
           "searching for an algorithm");
  check_cuda(cudaDeviceSynchronize(), "searching for an algorithm");
  const auto found = [&](cusparseLtMatmulAlgAttribute_t what) {
    int value = 0;
    lt.check(lt.cusparseLtMatmulAlgGetAttribute(handle_, &algorithm_, what, &value, sizeof value),
             "reading what was found");
    return value;
  };
  StructuredChoice choice;
  choice.id = found(CUSPARSELT_MATMUL_ALG_CONFIG_ID);
  choice.split_k = found(CUSPARSELT_MATMUL_SPLIT_K);
  choice.split_k_mode = found(CUSPARSELT_MATMUL_SPLIT_K_MODE);
  choice.split_k_buffers = found(CUSPARSELT_MATMUL_SPLIT_K_BUFFERS);
  return choice;
}

void StructuredPlan::run(const DeviceBuffer& compressed, const void* x, const void* residual, void* y,
                         CudaStream stream) {
  cusparselt().check(
      cusparselt().cusparseLtMatmul(handle_, &plan_, &kOne, compressed.data(), x, residual ? &kOne : &kZero,
                                    residual ? residual : y, y, workspace_.data(), &stream, 1),
      "multiplying");
}

}  // namespace coppice::kernels
#endif
