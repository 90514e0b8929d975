#include "kernels/cuda/libraries/cusparse_runner.h"

#include <chrono>
#include <cuda_runtime.h>
#include <utility>

#include "kernels/cuda/check.cuh"
#include "kernels/cuda/libraries/cuda_type.h"
#include "kernels/cuda/libraries/weights.h"

namespace coppice::kernels {

namespace {

constexpr float kOne = 1, kZero = 0;
constexpr auto kAsIs = CUSPARSE_OPERATION_NON_TRANSPOSE;

/// The library does not write to inputs, but its descriptors have one type for inputs and outputs.
void* mutable_pointer(const void* pointer) { return const_cast<void*>(pointer); }

/// Preparing is optional: formats that know none go on without.
void check_preparation(cusparseStatus_t status, const char* what) {
  if (status != CUSPARSE_STATUS_NOT_SUPPORTED) cusparse().check(status, what);
}

/// cuSPARSE's two operations, so that one runner serves both.
class Operation {
 public:
  virtual ~Operation() = default;
  virtual void place(const void* x, void* y) = 0;
  virtual std::size_t workspace_bytes(cusparseHandle_t handle, cusparseSpMatDescr_t matrix) = 0;
  virtual void analyse(cusparseHandle_t handle, cusparseSpMatDescr_t matrix, void* workspace) = 0;
  virtual void run(cusparseHandle_t handle, cusparseSpMatDescr_t matrix, void* workspace) = 0;
};

class MatrixTimesVector : public Operation {
 public:
  MatrixTimesVector(const Product& product, Precision precision, int algorithm)
      : algorithm_(static_cast<cusparseSpMVAlg_t>(algorithm)) {
    const auto describe_vector = [&](std::int64_t size) {
      cusparseDnVecDescr_t made = nullptr;
      cusparse().check(cusparse().cusparseCreateDnVec(&made, size, nullptr, cuda_type(precision)),
                       "describing a vector");
      return CusparseOwned<cusparseDnVecDescr_t>(made);
    };
    x_ = describe_vector(product.inner);
    y_ = describe_vector(product.rows);
  }
  void place(const void* x, void* y) override {
    cusparse().check(cusparse().cusparseDnVecSetValues(x_.get(), mutable_pointer(x)), "placing the input");
    cusparse().check(cusparse().cusparseDnVecSetValues(y_.get(), y), "placing the output");
  }
  std::size_t workspace_bytes(cusparseHandle_t handle, cusparseSpMatDescr_t matrix) override {
    std::size_t bytes = 0;
    cusparse().check(cusparse().cusparseSpMV_bufferSize(handle, kAsIs, &kOne, matrix, x_.get(), &kZero,
                                                        y_.get(), CUDA_R_32F, algorithm_, &bytes),
                     "asking for SpMV's workspace");
    return bytes;
  }
  void analyse(cusparseHandle_t handle, cusparseSpMatDescr_t matrix, void* workspace) override {
    check_preparation(cusparse().cusparseSpMV_preprocess(handle, kAsIs, &kOne, matrix, x_.get(), &kZero,
                                                         y_.get(), CUDA_R_32F, algorithm_, workspace),
                      "preparing SpMV");
  }
  void run(cusparseHandle_t handle, cusparseSpMatDescr_t matrix, void* workspace) override {
    cusparse().check(cusparse().cusparseSpMV(handle, kAsIs, &kOne, matrix, x_.get(), &kZero, y_.get(),
                                             CUDA_R_32F, algorithm_, workspace),
                     "SpMV");
  }

 private:
  cusparseSpMVAlg_t algorithm_;
  CusparseOwned<cusparseDnVecDescr_t> x_, y_;
};

class MatrixTimesMatrix : public Operation {
 public:
  MatrixTimesMatrix(const Product& product, Precision precision, int algorithm)
      : algorithm_(static_cast<cusparseSpMMAlg_t>(algorithm)), pair_(describe(product, precision)) {}
  void place(const void* x, void* y) override {
    cusparse().check(cusparse().cusparseDnMatSetValues(pair_.x.get(), mutable_pointer(x)),
                     "placing the input");
    cusparse().check(cusparse().cusparseDnMatSetValues(pair_.y.get(), y), "placing the output");
  }
  std::size_t workspace_bytes(cusparseHandle_t handle, cusparseSpMatDescr_t matrix) override {
    std::size_t bytes = 0;
    cusparse().check(
        cusparse().cusparseSpMM_bufferSize(handle, kAsIs, pair_.operation, &kOne, matrix, pair_.x.get(),
                                           &kZero, pair_.y.get(), CUDA_R_32F, algorithm_, &bytes),
        "asking for SpMM's workspace");
    return bytes;
  }
  void analyse(cusparseHandle_t handle, cusparseSpMatDescr_t matrix, void* workspace) override {
    check_preparation(
        cusparse().cusparseSpMM_preprocess(handle, kAsIs, pair_.operation, &kOne, matrix, pair_.x.get(),
                                           &kZero, pair_.y.get(), CUDA_R_32F, algorithm_, workspace),
        "preparing SpMM");
  }
  void run(cusparseHandle_t handle, cusparseSpMatDescr_t matrix, void* workspace) override {
    cusparse().check(cusparse().cusparseSpMM(handle, kAsIs, pair_.operation, &kOne, matrix, pair_.x.get(),
                                             &kZero, pair_.y.get(), CUDA_R_32F, algorithm_, workspace),
                     "SpMM");
  }

 private:
  cusparseSpMMAlg_t algorithm_;
  DensePair pair_;
};

class SparseRunner : public LibraryRunner {
 public:
  SparseRunner(const LibraryTask& kind, const Product& dense, std::shared_ptr<const DeviceSparse> matrix,
               const SparseAlgorithm& algorithm)
      : LibraryRunner(kind), dense_(dense), matrix_(std::move(matrix)), algorithm_(algorithm) {
    if (dense.columns == 1) {
      operation_ = std::make_unique<MatrixTimesVector>(dense, kind.precision, algorithm.number);
    } else {
      operation_ = std::make_unique<MatrixTimesMatrix>(dense, kind.precision, algorithm.number);
    }
    // Preparing looks at the matrix, but wants to know where vectors of this size are.
    const std::int64_t bytes = dense.columns * element_bytes(kind.precision);
    DeviceBuffer x(dense.inner * bytes), y(dense.rows * bytes);
    operation_->place(x.data(), y.data());
    check_cuda(cudaDeviceSynchronize(), "waiting for the GPU");
    const auto start = std::chrono::steady_clock::now();
    described_ = describe(*matrix_);
    const CusparseHandle handle(nullptr);
    workspace_ =
        DeviceBuffer(static_cast<std::int64_t>(operation_->workspace_bytes(handle, described_.get())));
    operation_->analyse(handle, described_.get(), workspace_.data());
    check_cuda(cudaDeviceSynchronize(), "preparing a sparse product");
    add_preparation(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    Rest rest;
    if (matrix_->bias.bytes() > 0) rest.bias = matrix_->bias.as<float>();
    rest.residual = kind.residual;
    rest.relu = kind.relu;
    leave_to_epilogue(rest);
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<SparseRunner>(task(), dense_,
                                          std::make_shared<const DeviceSparse>(matrix_->copy()), algorithm_);
  }
  std::int64_t packed_bytes() const override { return matrix_->bytes(); }
  std::string variant() const override {
    return matrix_->shape.text() + ", " + (dense_.columns == 1 ? "SpMV " : "SpMM ") + algorithm_.name +
           (has_epilogue() ? ", then our epilogue" : "");
  }

 protected:
  void product(const void* x, const void*, void* y, CudaStream stream) override {
    const CusparseHandle handle(stream);
    operation_->place(x, y);
    operation_->run(handle, described_.get(), workspace_.data());
  }

 private:
  Product dense_;
  std::shared_ptr<const DeviceSparse> matrix_;
  SparseAlgorithm algorithm_;
  std::unique_ptr<Operation> operation_;
  CusparseOwned<cusparseSpMatDescr_t> described_;
  DeviceBuffer workspace_;
};

}  // namespace

std::unique_ptr<LibraryRunner> cusparse_runner(const LibraryTask& task, const Product& product,
                                               std::shared_ptr<const DeviceSparse> matrix,
                                               const SparseAlgorithm& algorithm) {
  return std::make_unique<SparseRunner>(task, product, std::move(matrix), algorithm);
}

}  // namespace coppice::kernels
