#include "sparse/libtorch/dense_network.h"

#include <algorithm>
#include <cstring>

#include <c10/core/InferenceMode.h>

#include "base/libtorch/guarded.h"
#include "sparse/libtorch/dense_layer.h"
#include "sparse/libtorch/dense_steps.h"
#include "sparse/libtorch/onednn_ops.h"

namespace coppice {

namespace {

using MakeLayer = std::function<std::unique_ptr<DenseLayer>(const kernels::Layer& layer)>;

/// One step and what may go after it.
struct Stage {
  std::vector<std::size_t> inputs;
  std::size_t output = 0;
  std::vector<std::size_t> spent;     // values that no later step reads
  std::unique_ptr<DenseLayer> layer;  // or else:
  std::unique_ptr<DenseStep> step;
};

std::vector<Stage> make_stages(const Program& program, const MakeLayer& make_layer) {
  std::vector<Stage> stages;
  for (const Step& step : program.steps) {
    Stage stage;
    stage.inputs = step.inputs;
    stage.output = step.output;
    if (step.kind == Step::Kind::kLayer) {
      stage.layer = make_layer(step.layer);
    } else {
      stage.step = std::make_unique<DenseStep>(step);
    }
    stages.push_back(std::move(stage));
  }
  std::vector<bool> read(program.values.size());
  if (!stages.empty()) read[stages.back().output] = true;
  for (auto stage = stages.rbegin(); stage != stages.rend(); ++stage) {
    for (std::size_t value : stage->inputs) {
      if (read[value]) continue;
      read[value] = true;
      stage->spent.push_back(value);
    }
  }
  return stages;
}

class LibtorchNetwork : public DenseNetwork {
 public:
  LibtorchNetwork(std::string name, const Program& program, std::int64_t images, at::MemoryFormat format,
                  const MakeLayer& make_layer)
      : name_(std::move(name)),
        size_{images, program.values.at(0).channels, program.values[0].height, program.values[0].width},
        format_(format),
        values_(program.values.size()),
        stages_(make_stages(program, make_layer)) {}

  std::string name() const override { return name_; }

  void run(const float* images, float* logits) override {
    guarded([&] {
      const c10::InferenceMode inference;
      // The caller's images are never spare: value 0 keeps them to the end, so views of them share a storage.
      const at::Tensor borrowed = at::from_blob(const_cast<float*>(images), size_);
      values_[0] = borrowed.contiguous(format_);
      for (const Stage& stage : stages_) advance(stage);
      const std::size_t last = stages_.empty() ? 0 : stages_.back().output;
      const at::Tensor result = values_[last].contiguous();
      std::memcpy(logits, result.const_data_ptr(), result.nbytes());
      std::fill(values_.begin(), values_.end(), at::Tensor());
    });
  }

 private:
  void advance(const Stage& stage) {
    std::vector<Operand> inputs;
    for (std::size_t value : stage.inputs) inputs.push_back({values_[value], spare(stage, value)});
    values_[stage.output] =
        stage.layer
            ? stage.layer->run(inputs[0].tensor, inputs.size() > 1 ? inputs[1] : Operand(), at::Tensor())
            : stage.step->run(inputs);
    for (std::size_t value : stage.spent) values_[value].reset();
  }

  /// Whether nothing else reads this memory: no later step, no other input of this one, no view of it.
  bool spare(const Stage& stage, std::size_t value) const {
    return value != 0 && std::count(stage.inputs.begin(), stage.inputs.end(), value) == 1 &&
           std::count(stage.spent.begin(), stage.spent.end(), value) == 1 &&
           values_[value].storage().use_count() == 1;
  }

  std::string name_;
  std::array<std::int64_t, 4> size_;
  at::MemoryFormat format_;
  std::vector<at::Tensor> values_;
  std::vector<Stage> stages_;
};

}  // namespace

std::vector<std::unique_ptr<DenseNetwork>> dense_networks(const Program& program, std::int64_t images) {
  return guarded([&] {
    const c10::InferenceMode inference;
    constexpr at::MemoryFormat kPlain = at::MemoryFormat::Contiguous, kLast = at::MemoryFormat::ChannelsLast;
    std::vector<std::unique_ptr<DenseNetwork>> networks;
    const auto add = [&](const char* name, at::MemoryFormat format, const MakeLayer& make_layer) {
      networks.push_back(std::make_unique<LibtorchNetwork>(name, program, images, format, make_layer));
    };
    add("libtorch", kPlain, [&](const kernels::Layer& layer) { return aten_layer(layer, kPlain); });
    add("libtorch channels-last", kLast,
        [&](const kernels::Layer& layer) { return aten_layer(layer, kLast); });
    if (OnednnOps::get()) {
      add("onednn prepacked", kLast, [&](const kernels::Layer& layer) {
        auto on_mkl = mkl_layer(layer, images, kLast);  // what torch.compile takes for linear layers too
        return on_mkl ? std::move(on_mkl) : onednn_layer(layer, images, kLast);
      });
    }
    add("libtorch fastest of each layer", kLast,
        [&](const kernels::Layer& layer) { return fastest_layer(layer, images); });
    return networks;
  });
}

}  // namespace coppice
