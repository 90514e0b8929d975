// cuBLASLt on the weights with their zeros: the dense baseline of layers that are products of matrices.
// In bf16 it may read the bias rounded to bf16; its ReLU may turn NaN into 0.
#include <utility>

#include "kernels/cuda/libraries/cublaslt_problem.h"
#include "kernels/cuda/libraries/libraries.h"
#include "kernels/cuda/libraries/search.h"
#include "kernels/cuda/libraries/weights.h"

namespace coppice::kernels {

namespace {

class LtRunner : public LibraryRunner {
 public:
  LtRunner(const LibraryTask& kind, const LtForm& form, std::shared_ptr<const DenseWeights> weights,
           const LtAlgorithm& algorithm)
      : LibraryRunner(kind),
        form_(form),
        weights_(std::move(weights)),
        algorithm_(algorithm),
        problem_(form, form.bias_stored ? weights_->bias_stored.data() : weights_->bias.data()),
        handle_(cublaslt_handle()),
        workspace_(static_cast<std::int64_t>(algorithm.workspace_bytes)) {
    Rest rest;
    if (!form.bias && weights_->bias.bytes() > 0) rest.bias = weights_->bias.as<float>();
    rest.relu = task().relu && !form.relu;
    leave_to_epilogue(rest);
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<LtRunner>(task(), form_, std::make_shared<const DenseWeights>(weights_->copy()),
                                      algorithm_);
  }
  std::int64_t packed_bytes() const override { return weights_->values.bytes(); }
  std::string variant() const override {
    return algorithm_text(algorithm_.algorithm) + ", " + form_text(form_);
  }

 protected:
  void product(const void* x, const void* residual, void* y, CudaStream stream) override {
    const float one = 1, beta = residual ? 1 : 0;
    const void* weights = weights_->values.data();
    const bool first = problem_.weights_first;
    cublaslt().check(cublaslt().cublasLtMatmul(handle_, problem_.operation.get(), &one, first ? weights : x,
                                               problem_.a.get(), first ? x : weights, problem_.b.get(), &beta,
                                               residual ? residual : y, problem_.d.get(), y, problem_.d.get(),
                                               &algorithm_.algorithm, workspace_.data(),
                                               algorithm_.workspace_bytes, stream),
                     "multiplying");
  }

 private:
  LtForm form_;
  std::shared_ptr<const DenseWeights> weights_;
  LtAlgorithm algorithm_;
  LtProblem problem_;
  cublasLtHandle_t handle_;
  DeviceBuffer workspace_;
};

class CublasLtCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "cublaslt"; }
  bool sparse() const override { return false; }

  std::string refusal(const CudaRequest& request) const override {
    if (const std::string why = as_product(request, nullptr); !why.empty()) return why;
    if (const std::string why = precision_refusal(request); !why.empty()) return why;
    return cublaslt().problem();
  }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    if (const std::string why = refusal(request); !why.empty()) throw CudaError(why);
    Product product;
    as_product(request, &product);
    const LibraryTask task(request);
    const auto weights =
        std::make_shared<const DenseWeights>(dense_weights(request.layer, request.precision));
    std::vector<Attempt> attempts;
    for (const LtForm& form : lt_forms(product, request.precision, !request.layer.bias.empty(), task.relu)) {
      const LtProblem problem(form, form.bias_stored ? weights->bias_stored.data() : weights->bias.data());
      for (const LtAlgorithm& algorithm : lt_algorithms(problem)) {
        attempts.push_back([=] { return std::make_unique<LtRunner>(task, form, weights, algorithm); });
      }
    }
    return fastest(request, attempts, SearchCounts::kYes);
  }
};

}  // namespace

std::shared_ptr<const CudaCandidate> cublaslt_candidate() {
  return std::make_shared<const CublasLtCandidate>();
}

}  // namespace coppice::kernels
