// cuDNN's engines on the weights with their zeros: the dense baseline of convolutions, as graphs in which the
// rest of the layer is fused. In bf16 it may read the bias rounded to bf16, and what our epilogue finishes is
// rounded twice; its ReLU may turn NaN into 0.
#include "kernels/cuda/libraries/libraries.h"
#if __has_include(<cudnn.h>)
#include <optional>
#include <utility>

#include "kernels/cuda/libraries/cudnn_attempts.h"
#include "kernels/cuda/libraries/cudnn_engines.h"
#include "kernels/cuda/libraries/cudnn_layers.h"
#include "kernels/cuda/libraries/weights.h"

namespace coppice::kernels {

namespace {

/// A plan and the words for it.
struct Engine {
  GraphForm form;
  std::string text;
  EnginePlan plan;
};

class EngineRunner : public LibraryRunner {
 public:
  EngineRunner(const LibraryTask& kind, std::shared_ptr<const Engine> engine,
               std::shared_ptr<const DenseWeights> weights)
      : LibraryRunner(kind),
        engine_(std::move(engine)),
        weights_(std::move(weights)),
        workspace_(engine_->plan.workspace_bytes) {
    const GraphForm& form = engine_->form;
    Rest rest;
    if (kind.bias && !form.bias) rest.bias = weights_->bias.as<float>();
    rest.residual = kind.residual && !form.residual;
    rest.relu = kind.relu && !form.relu;
    leave_to_epilogue(rest);
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<EngineRunner>(task(), engine_,
                                          std::make_shared<const DenseWeights>(weights_->copy()));
  }
  std::int64_t packed_bytes() const override { return weights_->values.bytes(); }
  std::string variant() const override {
    const std::string fused = engine_->form.text();
    return engine_->text + (fused.empty() ? "" : ", " + fused) +
           (has_epilogue() ? ", then our epilogue" : "");
  }

 protected:
  void product(const void* x, const void* residual, void* y, CudaStream stream) override {
    const GraphPointers pointers = {
        x,
        weights_->values.data(),
        engine_->form.bias_stored ? weights_->bias_stored.data() : weights_->bias.data(),
        residual,
        y,
        workspace_.data()};
    if (!operands_ || pointers != last_) operands_ = graph_operands(engine_->form, pointers);
    last_ = pointers;
    cudnn().check(
        cudnn().cudnnBackendExecute(CudnnHandle(stream), engine_->plan.plan.raw(), operands_->raw()),
        "convolving");
  }

 private:
  std::shared_ptr<const Engine> engine_;
  std::shared_ptr<const DenseWeights> weights_;
  DeviceBuffer workspace_;
  std::optional<CudnnDescriptor> operands_;  // of the last run: making them takes as long as a small kernel
  GraphPointers last_;
};

std::unique_ptr<LibraryRunner> plan_and_pack(const LibraryTask& task, const GraphForm& form,
                                             const EngineChoice& choice,
                                             const std::shared_ptr<const DenseWeights>& weights) {
  const auto plan = [&] {
    const CudnnHandle handle(nullptr);  // let go again: running takes it
    return EnginePlan(choice, CudnnTarget(handle), kCudnnWorkspaceBytes);
  };
  const auto engine = std::make_shared<const Engine>(Engine{form, choice.text, plan()});
  return std::make_unique<EngineRunner>(task, engine, weights);
}

class CudnnEnginesCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "cudnn-engines"; }
  bool sparse() const override { return false; }
  std::string refusal(const CudaRequest& request) const override { return cudnn_refusal(request); }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    if (const std::string why = refusal(request); !why.empty()) throw CudaError(why);
    return fastest(request, cudnn_engine_attempts(request), SearchCounts::kYes);
  }
};

}  // namespace

std::vector<Attempt> cudnn_engine_attempts(const CudaRequest& request) {
  const Layer& layer = request.layer;
  const Order order = request.in.order;
  const LibraryTask task(request);
  const auto weights = std::make_shared<const DenseWeights>(
      dense_weights_and_bias(layer, request.precision, order == Order::kChannelsLast));
  const CudnnHandle handle(nullptr);
  const CudnnTarget target(handle);
  std::vector<Attempt> attempts;
  std::string refused;
  for (const GraphForm& form : graph_forms(request.precision, task.bias, task.residual, task.relu)) {
    try {
      const CudnnDescriptor graph =
          convolution_graph(layer.shape, request.images, order, request.precision, form, target);
      for (const EngineChoice& choice : engine_choices(graph, request.precision, target)) {
        attempts.push_back([=] { return plan_and_pack(task, form, choice, weights); });
      }
    } catch (const CudaError& error) {  // a form that cuDNN does not know
      if (refused.empty()) refused = error.what();
    }
  }
  if (attempts.empty() && !refused.empty()) throw CudaError(refused);
  return attempts;
}

std::shared_ptr<const CudaCandidate> cudnn_engines_candidate() {
  return std::make_shared<const CudnnEnginesCandidate>();
}

}  // namespace coppice::kernels
#else
namespace coppice::kernels {

std::shared_ptr<const CudaCandidate> cudnn_engines_candidate() {
  return absent_candidate("cudnn-engines", false, "built without cudnn.h");
}

}  // namespace coppice::kernels
#endif
