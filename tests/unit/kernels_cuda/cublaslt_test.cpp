#include "kernels/cuda/libraries/cublaslt_problem.h"
#include "unit/kernels_cuda/operands.h"

namespace coppice::kernels {
namespace {

template <class Value>
Value attribute(cublasLtMatrixLayout_t layout, cublasLtMatrixLayoutAttribute_t what) {
  Value value{};
  std::size_t written = 0;
  EXPECT_EQ(cublaslt().cublasLtMatrixLayoutGetAttribute(layout, what, &value, sizeof value, &written),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(written, sizeof value);
  return value;
}

template <class Value>
Value attribute(cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t what) {
  Value value{};
  std::size_t written = 0;
  EXPECT_EQ(cublaslt().cublasLtMatmulDescGetAttribute(operation, what, &value, sizeof value, &written),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(written, sizeof value);
  return value;
}

Lying lying(const LtProblem& problem, const CublasLtOwned<cublasLtMatrixLayout_t>& layout,
            cublasLtMatmulDescAttributes_t transposition) {
  Lying m;
  m.rows = attribute<std::int64_t>(layout.get(), CUBLASLT_MATRIX_LAYOUT_ROWS);
  m.columns = attribute<std::int64_t>(layout.get(), CUBLASLT_MATRIX_LAYOUT_COLS);
  m.leading = attribute<std::int64_t>(layout.get(), CUBLASLT_MATRIX_LAYOUT_LD);
  m.by_row = attribute<cublasLtOrder_t>(layout.get(), CUBLASLT_MATRIX_LAYOUT_ORDER) == CUBLASLT_ORDER_ROW;
  m.transposed = attribute<cublasOperation_t>(problem.operation.get(), transposition) == CUBLAS_OP_T;
  return m;
}

TEST(CublasLtDescriptors, AreTheLayer) {
  if (!cublaslt().usable()) GTEST_SKIP() << cublaslt().problem();
  std::mt19937 random(11);
  for (int round = 0; round < 200; ++round) {
    const Operands o = random_operands(random);
    for (const bool bias : {false, true}) {
      for (const LtForm& form : lt_forms(o.product, Precision::kBf16, bias, true)) {
        const LtProblem problem(form, &o);
        const Lying a = lying(problem, problem.a, CUBLASLT_MATMUL_DESC_TRANSA);
        const Lying b = lying(problem, problem.b, CUBLASLT_MATMUL_DESC_TRANSB);
        Lying d = lying(problem, problem.d, CUBLASLT_MATMUL_DESC_TRANSA);
        d.transposed = false;
        ASSERT_EQ(multiply(a, problem.weights_first ? o.w : o.x, b, problem.weights_first ? o.x : o.w, d),
                  o.y)
            << form_text(form) << ", round " << round;
        // A fused bias runs along D's rows, one for each output.
        if (form.bias) {
          ASSERT_EQ(d.rows, o.product.rows);
        }
      }
    }
  }
}

TEST(CublasLtDescriptors, SayPrecisionAndEpilogue) {
  if (!cublaslt().usable()) GTEST_SKIP() << cublaslt().problem();
  const Product product = {8, 4, 3, false, false};
  const auto of = [&](Precision precision, bool bias, bool stored, bool relu) {
    LtForm form;
    form.product = product;
    form.precision = precision;
    form.bias = bias;
    form.bias_stored = stored;
    form.relu = relu;
    return LtProblem(form, &product);
  };
  const auto epilogue = [](const LtProblem& problem) {
    return attribute<cublasLtEpilogue_t>(problem.operation.get(), CUBLASLT_MATMUL_DESC_EPILOGUE);
  };
  const auto compute = [](const LtProblem& problem) {
    return attribute<cublasComputeType_t>(problem.operation.get(), CUBLASLT_MATMUL_DESC_COMPUTE_TYPE);
  };
  const auto bias_type = [](const LtProblem& problem) {
    return attribute<cudaDataType_t>(problem.operation.get(), CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE);
  };
  const auto type = [](const LtProblem& problem) {
    return attribute<cudaDataType_t>(problem.d.get(), CUBLASLT_MATRIX_LAYOUT_TYPE);
  };
  EXPECT_EQ(epilogue(of(Precision::kFp32, false, false, false)), CUBLASLT_EPILOGUE_DEFAULT);
  EXPECT_EQ(epilogue(of(Precision::kFp32, true, false, false)), CUBLASLT_EPILOGUE_BIAS);
  EXPECT_EQ(epilogue(of(Precision::kFp32, false, false, true)), CUBLASLT_EPILOGUE_RELU);
  EXPECT_EQ(epilogue(of(Precision::kFp32, true, false, true)), CUBLASLT_EPILOGUE_RELU_BIAS);
  EXPECT_EQ(compute(of(Precision::kFp32, false, false, false)), CUBLAS_COMPUTE_32F);
  EXPECT_EQ(compute(of(Precision::kTf32, false, false, false)), CUBLAS_COMPUTE_32F_FAST_TF32);
  EXPECT_EQ(compute(of(Precision::kBf16, false, false, false)), CUBLAS_COMPUTE_32F);
  EXPECT_EQ(type(of(Precision::kTf32, false, false, false)), CUDA_R_32F);
  EXPECT_EQ(type(of(Precision::kBf16, false, false, false)), CUDA_R_16BF);
  EXPECT_EQ(bias_type(of(Precision::kBf16, true, false, false)), CUDA_R_32F);
  EXPECT_EQ(bias_type(of(Precision::kBf16, true, true, false)), CUDA_R_16BF);
  EXPECT_EQ(bias_type(of(Precision::kFp32, true, false, false)), CUDA_R_32F);
}

TEST(CublasLtDescriptors, FormsLeaveNothingOut) {
  const Product by_column = {8, 4, 3, false, false}, by_row = {8, 4, 3, false, true};
  const auto texts = [](const Product& product, Precision precision, bool bias, bool relu) {
    std::string all;
    for (const LtForm& form : lt_forms(product, precision, bias, relu)) all += form_text(form) + "; ";
    return all;
  };
  EXPECT_EQ(texts(by_column, Precision::kFp32, false, false), "straight; ");
  EXPECT_EQ(texts(by_column, Precision::kFp32, true, true), "straight, bias fused, ReLU fused; straight; ");
  EXPECT_EQ(texts(by_column, Precision::kBf16, true, false),
            "straight, bias fused; straight, bias in bf16 fused; straight; ");
  EXPECT_EQ(texts(by_row, Precision::kFp32, false, true),
            "straight, ReLU fused; straight; transposed, ReLU fused; ");
  // ReLU follows the bias, so without the one it cannot be fused either.
  EXPECT_EQ(texts(by_row, Precision::kFp32, true, true),
            "straight, bias fused, ReLU fused; straight; transposed; ");
}

}  // namespace
}  // namespace coppice::kernels
