#include "kernels/cuda/libraries/cusparse_runner.h"
#include "unit/kernels_cuda/operands.h"

namespace coppice::kernels {
namespace {

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

}  // namespace
}  // namespace coppice::kernels
