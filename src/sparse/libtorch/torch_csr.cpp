#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include "base/libtorch/guarded.h"
#include "sparse/matrix_runner.h"
#include "sparse/peer_makers.h"

namespace coppice {

namespace {

/// LibTorch calls its compressed sparse rows beta on standard error; users of a benchmark need not hear it.
class Silence : public c10::WarningHandler {
 public:
  void process(const c10::Warning&) override {}
};

/// torch.sparse_csr with 32-bit indices, which MKL takes as they are.
class TorchCsrProduct : public Product {
 public:
  TorchCsrProduct(const kernels::Csr& weights, std::int64_t width)
      : rows_(weights.rows), columns_(weights.columns), width_(width) {
    const c10::InferenceMode inference;
    Silence silence;
    const c10::WarningUtils::WarningHandlerGuard quiet(&silence);
    const at::Tensor begin = at::tensor(weights.begin).to(at::kInt);
    matrix_ = at::sparse_csr_tensor(begin, at::tensor(weights.column), at::tensor(weights.value),
                                    {rows_, columns_}, at::TensorOptions(at::kFloat).layout(at::kSparseCsr));
    bytes_ = 4 * (begin.numel() + 2 * weights.nonzeros());
  }

  void multiply(const float* x, float* y) override {
    guarded([&] {
      const c10::InferenceMode inference;
      if (width_ == 1) {
        at::Tensor result = at::from_blob(y, {rows_});
        at::addmv_out(result, result, matrix_, at::from_blob(const_cast<float*>(x), {columns_}), 0);
      } else {
        at::Tensor result = at::from_blob(y, {rows_, width_});
        at::addmm_out(result, result, matrix_, at::from_blob(const_cast<float*>(x), {columns_, width_}), 0);
      }
    });
  }

  std::int64_t packed_bytes() const override { return bytes_; }

 private:
  std::int64_t rows_, columns_, width_, bytes_;
  at::Tensor matrix_;
};

}  // namespace

std::shared_ptr<const kernels::Candidate> torch_csr_candidate() {
  return std::make_shared<MatrixCandidate>(
      "torch.sparse_csr", /*sparse=*/true, at::hasMKL() ? "" : "this LibTorch comes without MKL",
      [](const kernels::Request& request, std::int64_t width) -> std::unique_ptr<Product> {
        return guarded([&] { return std::make_unique<TorchCsrProduct>(request.layer.weights, width); });
      });
}

}  // namespace coppice
