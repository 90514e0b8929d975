#pragma once
#include <memory>
#include <string>

#include "kernels/cuda/libraries/cusparse.h"
#include "kernels/cuda/libraries/product.h"
#include "kernels/cuda/libraries/runner.h"
#include "kernels/cuda/libraries/sparse_formats.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels {

/// A sparse matrix and the layer's bias on the device.
struct DeviceSparse {
  SparseShape shape;
  Precision precision = Precision::kFp32;
  DeviceBuffer begin, column, value, bias;

  DeviceSparse copy() const;
  std::int64_t bytes() const { return begin.bytes() + column.bytes() + value.bytes(); }
};
DeviceSparse on_device(const SparseArrays& arrays, const std::vector<float>& bias, Precision precision);

/// cuSPARSE's description of it. Throws CudaError. A description carries what the library found out about the
/// matrix for one operation and its workspace, so no two operations share one.
CusparseOwned<cusparseSpMatDescr_t> describe(const DeviceSparse& matrix);

/// How SpMM is asked: x and y lie in the same order, y = W op(x).
struct DensePair {
  CusparseOwned<cusparseDnMatDescr_t> x, y;
  cusparseOperation_t operation = CUSPARSE_OPERATION_NON_TRANSPOSE;  ///< On x.
};
/// Without memory yet. Throws CudaError.
DensePair describe(const Product& product, Precision precision);

struct SparseAlgorithm {
  int number = 0;         ///< cusparseSpMVAlg_t for one column, else cusparseSpMMAlg_t.
  const char* name = "";  ///< "ALG1"
};

/// All that SpMM has for CSR.
inline constexpr SparseAlgorithm kCsrMatrixAlgorithms[] = {{CUSPARSE_SPMM_ALG_DEFAULT, "default"},
                                                           {CUSPARSE_SPMM_CSR_ALG1, "ALG1"},
                                                           {CUSPARSE_SPMM_CSR_ALG2, "ALG2"},
                                                           {CUSPARSE_SPMM_CSR_ALG3, "ALG3"}};

/// Why cuSPARSE cannot multiply by a layer's weights, whatever the shape of the product. Empty where it can.
std::string cusparse_refusal(const CudaRequest& request);

/// y = W x by SpMV for one column and SpMM for more, its workspace made and the matrix analysed (the time of
/// that is its preparation), our epilogue behind it. Throws CudaError.
std::unique_ptr<LibraryRunner> cusparse_runner(const LibraryTask& task, const Product& product,
                                               std::shared_ptr<const DeviceSparse> matrix,
                                               const SparseAlgorithm& algorithm);

}  // namespace coppice::kernels
