// cuDNN's older interface on the weights with their zeros: every algorithm of convolutions. In bf16 it may
// read the bias rounded to bf16, and what our epilogue finishes is rounded twice; its ReLU turns NaN into 0.
#include "kernels/cuda/libraries/libraries.h"
#if __has_include(<cudnn.h>)
#include <utility>

#include "kernels/cuda/libraries/cudnn_layers.h"
#include "kernels/cuda/libraries/cudnn_problem.h"
#include "kernels/cuda/libraries/search.h"
#include "kernels/cuda/libraries/weights.h"

namespace coppice::kernels {

namespace {

/// What describes a convolution beside its form; the layer itself may be gone.
struct Convolution {
  LayerShape shape;
  std::int64_t images = 1;
  Order order = Order::kPlain;
};

class CudnnRunner : public LibraryRunner {
 public:
  CudnnRunner(const LibraryTask& kind, const Convolution& what, const ConvolutionForm& form,
              std::shared_ptr<const DenseWeights> weights)
      : LibraryRunner(kind),
        what_(what),
        form_(form),
        weights_(std::move(weights)),
        problem_(what.shape, what.images, what.order, kind.precision, form.math),
        bias_(describe_bias(what.shape.outputs, form.bias_stored ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT)),
        activation_(describe_activation(kind.relu)) {
    std::size_t bytes = 0;
    cudnn().check(cudnn().cudnnGetConvolutionForwardWorkspaceSize(
                      CudnnHandle(nullptr), problem_.x.get(), problem_.weights.get(),
                      problem_.convolution.get(), problem_.y.get(), form.algorithm, &bytes),
                  "asking for the workspace");
    if (bytes > static_cast<std::size_t>(kCudnnWorkspaceBytes)) {
      throw CudaError("cuDNN needs a workspace of more than 256 MB");
    }
    workspace_ = DeviceBuffer(static_cast<std::int64_t>(bytes));
    if (form.fused) return;
    Rest rest;
    if (kind.bias) rest.bias = weights_->bias.as<float>();
    rest.residual = kind.residual;
    rest.relu = kind.relu;
    leave_to_epilogue(rest);
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<CudnnRunner>(task(), what_, form_,
                                         std::make_shared<const DenseWeights>(weights_->copy()));
  }
  std::int64_t packed_bytes() const override { return weights_->values.bytes(); }
  std::string variant() const override {
    return form_.text() + (has_epilogue() ? ", then our epilogue" : "");
  }

 protected:
  void product(const void* x, const void* residual, void* y, CudaStream stream) override {
    const float one = 1, zero = 0;
    const auto workspace_bytes = static_cast<std::size_t>(workspace_.bytes());
    const CudnnHandle handle(stream);
    if (!form_.fused) {
      cudnn().check(cudnn().cudnnConvolutionForward(handle, &one, problem_.x.get(), x, problem_.weights.get(),
                                                    weights_->values.data(), problem_.convolution.get(),
                                                    form_.algorithm, workspace_.data(), workspace_bytes,
                                                    &zero, problem_.y.get(), y),
                    "convolving");
      return;
    }
    const void* bias = form_.bias_stored ? weights_->bias_stored.data() : weights_->bias.data();
    cudnn().check(cudnn().cudnnConvolutionBiasActivationForward(
                      handle, &one, problem_.x.get(), x, problem_.weights.get(), weights_->values.data(),
                      problem_.convolution.get(), form_.algorithm, workspace_.data(), workspace_bytes,
                      residual ? &one : &zero, problem_.y.get(), residual ? residual : y, bias_.get(), bias,
                      activation_.get(), problem_.y.get(), y),
                  "convolving");
  }

 private:
  Convolution what_;
  ConvolutionForm form_;
  std::shared_ptr<const DenseWeights> weights_;
  ConvolutionProblem problem_;
  CudnnOwned<cudnnTensorDescriptor_t> bias_;
  CudnnOwned<cudnnActivationDescriptor_t> activation_;
  DeviceBuffer workspace_;
};

class CudnnCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "cudnn"; }
  bool sparse() const override { return false; }

  std::string refusal(const CudaRequest& request) const override { return cudnn_refusal(request); }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    if (const std::string why = refusal(request); !why.empty()) throw CudaError(why);
    const Layer& layer = request.layer;
    const Convolution what{layer.shape, request.images, request.in.order};
    const auto weights = std::make_shared<const DenseWeights>(
        dense_weights_and_bias(layer, request.precision, what.order == Order::kChannelsLast));
    const LibraryTask task(request);
    const bool needs_more = task.bias || task.residual || task.relu;
    std::vector<Attempt> attempts;
    for (const ConvolutionForm& form : convolution_forms(request.precision, needs_more, task.relu)) {
      attempts.push_back([=] { return std::make_unique<CudnnRunner>(task, what, form, weights); });
    }
    return fastest(request, attempts, SearchCounts::kYes);
  }
};

}  // namespace

std::shared_ptr<const CudaCandidate> cudnn_candidate() { return std::make_shared<const CudnnCandidate>(); }

}  // namespace coppice::kernels
#else
namespace coppice::kernels {

std::shared_ptr<const CudaCandidate> cudnn_candidate() {
  return absent_candidate("cudnn", false, "built without cudnn.h");
}

}  // namespace coppice::kernels
#endif
