// Our matrices in cuSPARSE's words.
#include "kernels/cuda/libraries/cuda_type.h"
#include "kernels/cuda/libraries/cusparse_runner.h"
#include "kernels/cuda/libraries/weights.h"

namespace coppice::kernels {

namespace {

constexpr auto kIndex = CUSPARSE_INDEX_32I;
constexpr auto kBase = CUSPARSE_INDEX_BASE_ZERO;

CusparseOwned<cusparseDnMatDescr_t> dense(std::int64_t rows, std::int64_t columns, cusparseOrder_t order,
                                          Precision precision) {
  cusparseDnMatDescr_t made = nullptr;
  cusparse().check(
      cusparse().cusparseCreateDnMat(&made, rows, columns, order == CUSPARSE_ORDER_ROW ? columns : rows,
                                     nullptr, cuda_type(precision), order),
      "describing a dense matrix");
  return CusparseOwned<cusparseDnMatDescr_t>(made);
}

}  // namespace

DeviceSparse DeviceSparse::copy() const {
  return {shape, precision, begin.copy(), column.copy(), value.copy(), bias.copy()};
}

DeviceSparse on_device(const SparseArrays& arrays, const std::vector<float>& bias, Precision precision) {
  return {arrays.shape,
          precision,
          on_device(arrays.begin),
          on_device(arrays.column),
          store(arrays.value, precision),
          on_device(bias)};
}

CusparseOwned<cusparseSpMatDescr_t> describe(const DeviceSparse& matrix) {
  const SparseShape& s = matrix.shape;
  const cudaDataType_t type = cuda_type(matrix.precision);
  // What the library is told as an input only; its descriptor has one type for inputs and outputs.
  void* const begin = const_cast<void*>(matrix.begin.data());
  void* const column = const_cast<void*>(matrix.column.data());
  void* const value = const_cast<void*>(matrix.value.data());
  cusparseSpMatDescr_t made = nullptr;
  cusparseStatus_t status = CUSPARSE_STATUS_NOT_SUPPORTED;
  switch (s.format) {
    case SparseFormat::kCsr:
      status = cusparse().cusparseCreateCsr(&made, s.rows, s.columns, s.nonzeros, begin, column, value,
                                            kIndex, kIndex, kBase, type);
      break;
    case SparseFormat::kSlicedEll:
      status = cusparse().cusparseCreateSlicedEll(&made, s.rows, s.columns, s.nonzeros, s.stored, s.size,
                                                  begin, column, value, kIndex, kIndex, kBase, type);
      break;
    case SparseFormat::kBsr:
      status = cusparse().cusparseCreateBsr(&made, s.rows / s.size, s.columns / s.size,
                                            s.stored / (s.size * s.size), s.size, s.size, begin, column,
                                            value, kIndex, kIndex, kBase, type, CUSPARSE_ORDER_ROW);
      break;
    case SparseFormat::kBlockedEll:
      status = cusparse().cusparseCreateBlockedEll(&made, s.rows, s.columns, s.size, s.stored / s.rows,
                                                   column, value, kIndex, kBase, type);
      break;
  }
  cusparse().check(status, "describing a sparse matrix");
  return CusparseOwned<cusparseSpMatDescr_t>(made);
}

DensePair describe(const Product& p, Precision precision) {
  const cusparseOrder_t order = p.y_by_row ? CUSPARSE_ORDER_ROW : CUSPARSE_ORDER_COL;
  DensePair pair;
  pair.y = dense(p.rows, p.columns, order, precision);
  if (p.x_by_row == p.y_by_row) {
    pair.x = dense(p.inner, p.columns, order, precision);
  } else {  // x^T lies in y's order
    pair.x = dense(p.columns, p.inner, order, precision);
    pair.operation = CUSPARSE_OPERATION_TRANSPOSE;
  }
  return pair;
}

}  // namespace coppice::kernels
