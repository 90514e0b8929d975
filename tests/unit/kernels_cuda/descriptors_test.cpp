// What we tell the libraries, read back from their own descriptors and carried out by plain loops: the result
// must be the layer's definition. Descriptors need no GPU.
#include <random>

#include <gtest/gtest.h>

#include "kernels/cuda/libraries/cublaslt_problem.h"
#include "kernels/cuda/libraries/cusparse_runner.h"
#if __has_include(<cudnn.h>)
#include "kernels/cuda/libraries/cudnn_problem.h"
#endif

namespace coppice::kernels {
namespace {

using Doubles = std::vector<double>;

/// A random product with its operands in memory, and its result by the definition of Product.
struct Operands {
  Product product;
  Doubles w, x, y;
};

Operands random_operands(std::mt19937& random) {
  Operands o;
  Product& p = o.product;
  p.rows = 1 + random() % 6;
  p.inner = 1 + random() % 6;
  p.columns = 1 + random() % 5;
  p.x_by_row = p.columns > 1 && random() % 2;
  p.y_by_row = p.columns > 1 && random() % 2;
  const auto fill = [&](Doubles& values, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(random() % 19) - 9);
  };
  fill(o.w, p.rows * p.inner);
  fill(o.x, p.inner * p.columns);
  o.y.resize(p.rows * p.columns);
  for (std::int64_t m = 0; m < p.rows; ++m) {
    for (std::int64_t n = 0; n < p.columns; ++n) {
      double& y = o.y[p.y_by_row ? m * p.columns + n : n * p.rows + m];
      for (std::int64_t k = 0; k < p.inner; ++k) {
        y += o.w[m * p.inner + k] * o.x[p.x_by_row ? k * p.columns + n : n * p.inner + k];
      }
    }
  }
  return o;
}

/// A matrix as a library's descriptor says that it lies.
struct Lying {
  std::int64_t rows = 0, columns = 0, leading = 0;
  bool by_row = false, transposed = false;

  std::int64_t seen_rows() const { return transposed ? columns : rows; }
  std::int64_t seen_columns() const { return transposed ? rows : columns; }
  std::size_t place(std::int64_t r, std::int64_t c) const {
    if (transposed) std::swap(r, c);
    return static_cast<std::size_t>(by_row ? r * leading + c : c * leading + r);
  }
};

Doubles multiply(const Lying& a, const Doubles& a_values, const Lying& b, const Doubles& b_values,
                 const Lying& d) {
  EXPECT_EQ(a.seen_columns(), b.seen_rows());
  EXPECT_EQ(a.seen_rows(), d.rows);
  EXPECT_EQ(b.seen_columns(), d.columns);
  Doubles result(static_cast<std::size_t>(d.rows * d.columns), 1e300);
  for (std::int64_t i = 0; i < d.rows; ++i) {
    for (std::int64_t j = 0; j < d.columns; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < a.seen_columns(); ++k) {
        sum += a_values.at(a.place(i, k)) * b_values.at(b.place(k, j));
      }
      result.at(d.place(i, j)) = sum;
    }
  }
  return result;
}

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

Lying lying(cusparseDnMatDescr_t matrix, cudaDataType_t expected_type) {
  Lying m;
  void* values = &m;
  cudaDataType type{};
  cusparseOrder_t order{};
  EXPECT_EQ(cusparse().cusparseDnMatGet(matrix, &m.rows, &m.columns, &m.leading, &values, &type, &order),
            CUSPARSE_STATUS_SUCCESS);
  EXPECT_EQ(values, nullptr);
  EXPECT_EQ(type, expected_type);
  m.by_row = order == CUSPARSE_ORDER_ROW;
  return m;
}

TEST(CusparseDescriptors, AreTheLayer) {
  if (!cusparse().usable()) GTEST_SKIP() << cusparse().problem();
  std::mt19937 random(12);
  for (int round = 0; round < 200; ++round) {
    const Operands o = random_operands(random);
    const DensePair pair = describe(o.product, Precision::kBf16);
    Lying x = lying(pair.x.get(), CUDA_R_16BF);
    x.transposed = pair.operation == CUSPARSE_OPERATION_TRANSPOSE;
    const Lying y = lying(pair.y.get(), CUDA_R_16BF);
    const Lying w = {o.product.rows, o.product.inner, o.product.inner, true, false};
    ASSERT_EQ(x.by_row, y.by_row);  // cuSPARSE knows no others
    ASSERT_EQ(multiply(w, o.w, x, o.x, y), o.y) << "round " << round;
  }
}

TEST(CusparseDescriptors, TakeEveryFormat) {
  if (!cusparse().usable()) GTEST_SKIP() << cusparse().problem();
  const std::int64_t block = 8, rows = 16, columns = 24;
  std::vector<float> dense(rows * columns);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) dense[r * columns + c] = c < block * (1 + r / block) ? 1 : 0;
  }
  const Csr csr = csr_from_dense(dense.data(), rows, columns);
  for (const SparseArrays& arrays : {csr_arrays(csr), sliced_ell_arrays(csr, block), bsr_arrays(csr, block),
                                     blocked_ell_arrays(csr, block)}) {
    DeviceSparse matrix;  // without memory: only the description is looked at
    matrix.shape = arrays.shape;
    const auto described = describe(matrix);
    std::int64_t said_rows = 0, said_columns = 0, nonzeros = 0;
    ASSERT_EQ(cusparse().cusparseSpMatGetSize(described.get(), &said_rows, &said_columns, &nonzeros),
              CUSPARSE_STATUS_SUCCESS);
    EXPECT_EQ(said_rows, rows) << arrays.shape.text();
    EXPECT_EQ(said_columns, columns) << arrays.shape.text();
  }
}

#if __has_include(<cudnn.h>)
TEST(CudnnDescriptors, AreTheLayer) {
  if (!cudnn().usable()) GTEST_SKIP() << cudnn().problem();
  std::mt19937 random(13);
  int checked = 0;
  while (checked < 300) {
    LayerShape s;
    s.outputs = 1 + random() % 9;
    s.channels = 1 + random() % 9;
    s.height = 1 + random() % 20;
    s.width = 1 + random() % 20;
    s.kernel_height = 1 + random() % 5;
    s.kernel_width = 1 + random() % 5;
    s.stride = 1 + random() % 3;
    s.padding = random() % 4;
    s.dilation = 1 + random() % 3;
    const auto fits = [&](std::int64_t size, std::int64_t kernel) {
      return size + 2 * s.padding >= s.dilation * (kernel - 1) + 1;
    };
    if (!fits(s.height, s.kernel_height) || !fits(s.width, s.kernel_width)) continue;
    ++checked;
    const std::int64_t images = 1 + random() % 5;
    const Order order = random() % 2 ? Order::kPlain : Order::kChannelsLast;
    const bool bf16 = random() % 2;
    const ConvolutionProblem problem(s, images, order, bf16 ? Precision::kBf16 : Precision::kFp32,
                                     CUDNN_FMA_MATH);
    int n = 0, c = 0, h = 0, w = 0;
    ASSERT_EQ(cudnn().cudnnGetConvolution2dForwardOutputDim(problem.convolution.get(), problem.x.get(),
                                                            problem.weights.get(), &n, &c, &h, &w),
              CUDNN_STATUS_SUCCESS);
    ASSERT_EQ(n, images);
    ASSERT_EQ(c, s.outputs);
    ASSERT_EQ(h, s.out_height());
    ASSERT_EQ(w, s.out_width());
    const Activations x = {images, s.channels, s.height, s.width, {order, 0}};
    const Activations y = {images, s.outputs, s.out_height(), s.out_width(), {order, 0}};
    for (const auto& [tensor, shape] : {std::pair(problem.x.get(), x), std::pair(problem.y.get(), y)}) {
      cudnnDataType_t type{};
      int sn = 0, sc = 0, sh = 0, sw = 0;
      ASSERT_EQ(cudnn().cudnnGetTensor4dDescriptor(tensor, &type, &n, &c, &h, &w, &sn, &sc, &sh, &sw),
                CUDNN_STATUS_SUCCESS);
      ASSERT_EQ(type, bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT);
      for (int i = 0; i < 20; ++i) {
        const auto at = [&](int size) { return static_cast<std::int64_t>(random() % size); };
        const std::int64_t image = at(n), channel = at(c), row = at(h), column = at(w);
        ASSERT_EQ(image * sn + channel * sc + row * sh + column * sw,
                  shape.offset(image, channel, row, column));
      }
    }
  }
}

TEST(CudnnDescriptors, FormsAreWhatTheDocumentationAllows) {
  const auto count = [](Precision precision, bool more, bool relu, bool fused) {
    int n = 0;
    for (const ConvolutionForm& form : convolution_forms(precision, more, relu)) {
      if (fused && form.fused && !relu) {
        EXPECT_EQ(form.algorithm, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM);
      }
      if (precision == Precision::kFp32) {
        EXPECT_EQ(form.math, CUDNN_FMA_MATH);
      }
      n += form.fused == fused;
    }
    return n;
  };
  EXPECT_EQ(count(Precision::kFp32, false, false, false), 8);
  EXPECT_EQ(count(Precision::kFp32, false, false, true), 0);
  EXPECT_EQ(count(Precision::kFp32, true, false, true), 1);
  EXPECT_EQ(count(Precision::kFp32, true, true, true), 8);
  EXPECT_EQ(count(Precision::kTf32, true, true, true), 16);
  EXPECT_EQ(count(Precision::kBf16, true, true, true), 16);  // with the bias in FP32 and in bf16
  EXPECT_EQ(count(Precision::kBf16, true, true, false), 8);
}
#endif

}  // namespace
}  // namespace coppice::kernels
