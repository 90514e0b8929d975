// cuBLAS on the weights with their zeros, for one column: its own kernels for a matrix times a vector may
// beat all that cuBLASLt proposes. It fuses nothing, so our epilogue follows; in bf16 that rounds twice.
#include <limits>
#include <utility>

#include "kernels/cuda/libraries/cublas.h"
#include "kernels/cuda/libraries/cuda_type.h"
#include "kernels/cuda/libraries/libraries.h"
#include "kernels/cuda/libraries/product.h"
#include "kernels/cuda/libraries/search.h"
#include "kernels/cuda/libraries/weights.h"

namespace coppice::kernels {

namespace {

enum class VectorForm { kGemm, kTransposedGemm, kGemv };

class CublasRunner : public LibraryRunner {
 public:
  CublasRunner(const LibraryTask& kind, const Product& dense, VectorForm form,
               std::shared_ptr<const DenseWeights> weights)
      : LibraryRunner(kind), dense_(dense), form_(form), weights_(std::move(weights)) {
    Rest rest;
    if (weights_->bias.bytes() > 0) rest.bias = weights_->bias.as<float>();
    rest.residual = kind.residual;
    rest.relu = kind.relu;
    leave_to_epilogue(rest);
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<CublasRunner>(task(), dense_, form_,
                                          std::make_shared<const DenseWeights>(weights_->copy()));
  }
  std::int64_t packed_bytes() const override { return weights_->values.bytes(); }
  std::string variant() const override {
    const std::string what = form_ == VectorForm::kGemv   ? "gemv"
                             : form_ == VectorForm::kGemm ? "gemm of one column"
                                                          : "gemm of one row";
    return what + (has_epilogue() ? ", then our epilogue" : "");
  }

 protected:
  void product(const void* x, const void*, void* y, CudaStream stream) override {
    const float one = 1, zero = 0;
    const int rows = static_cast<int>(dense_.rows), inner = static_cast<int>(dense_.inner);
    const void* weights = weights_->values.data();  // by columns: [inner x rows]
    const cudaDataType_t type = cuda_type(task().precision);
    const cublasComputeType_t compute =
        task().precision == Precision::kTf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    const CublasHandle handle(stream);
    cublasStatus_t status = CUBLAS_STATUS_SUCCESS;
    switch (form_) {
      case VectorForm::kGemm:
        status = cublas().gemm_ex(handle, CUBLAS_OP_T, CUBLAS_OP_N, rows, 1, inner, &one, weights, type,
                                  inner, x, type, inner, &zero, y, type, rows, compute, CUBLAS_GEMM_DEFAULT);
        break;
      case VectorForm::kTransposedGemm:
        status = cublas().gemm_ex(handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, rows, inner, &one, x, type, 1, weights,
                                  type, inner, &zero, y, type, 1, compute, CUBLAS_GEMM_DEFAULT);
        break;
      case VectorForm::kGemv:
        status = cublas().cublasSgemv_v2(handle, CUBLAS_OP_T, inner, rows, &one,
                                         static_cast<const float*>(weights), inner,
                                         static_cast<const float*>(x), 1, &zero, static_cast<float*>(y), 1);
        break;
    }
    cublas().check(status, "multiplying");
  }

 private:
  Product dense_;
  VectorForm form_;
  std::shared_ptr<const DenseWeights> weights_;
};

class CublasCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "cublas"; }
  bool sparse() const override { return false; }

  std::string refusal(const CudaRequest& request) const override {
    Product product;
    if (const std::string why = as_product(request, &product); !why.empty()) return why;
    if (product.columns > 1) return "more than one column, for which cuBLASLt offers all that cuBLAS has";
    const std::int64_t most = std::numeric_limits<std::int32_t>::max();
    if (product.rows > most || product.inner > most) return "more rows or columns than 32-bit numbers count";
    if (const std::string why = precision_refusal(request); !why.empty()) return why;
    return cublas().problem();
  }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    if (const std::string why = refusal(request); !why.empty()) throw CudaError(why);
    Product product;
    as_product(request, &product);
    const LibraryTask task(request);
    const auto weights =
        std::make_shared<const DenseWeights>(dense_weights(request.layer, request.precision));
    std::vector<VectorForm> forms = {VectorForm::kGemm, VectorForm::kTransposedGemm};
    if (request.precision != Precision::kBf16) forms.push_back(VectorForm::kGemv);
    std::vector<Attempt> attempts;
    for (const VectorForm form : forms) {
      attempts.push_back([=] { return std::make_unique<CublasRunner>(task, product, form, weights); });
    }
    return fastest(request, attempts, SearchCounts::kYes);
  }
};

}  // namespace

std::shared_ptr<const CudaCandidate> cublas_candidate() { return std::make_shared<const CublasCandidate>(); }

}  // namespace coppice::kernels
