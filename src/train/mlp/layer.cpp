#include "train/mlp/layer.h"

#include <algorithm>

#include "kernels/cpu/gemm/gemm.h"
#include "kernels/cpu/masked_update/masked_update.h"

namespace coppice {

using kernels::Epilogue;

UpdateRule::UpdateRule(const TrainConfig& config)
    : adam(config.optimizer == "adam"),
      momentum(adam ? 0 : config.momentum),
      weight_decay(config.weight_decay),
      beta1(config.beta1),
      beta2(config.beta2),
      epsilon(config.epsilon) {
  if (adam) {
    states = {"exp_avg", "exp_avg_sq"};
  } else if (momentum != 0) {
    states = {"momentum"};
  }
}

Parameter::Parameter(std::int64_t floats, const UpdateRule& rule)
    : value(floats), gradient(rule.plain() ? 0 : floats), state(rule.states.size(), Floats(floats)) {}

MlpLayer::MlpLayer(const LinearSpec& linear, const UpdateRule& rule, std::int64_t max_examples, int shares,
                   bool first)
    : spec(linear),
      layout(linear.in, linear.out, shares),
      weight(layout.floats(), rule),
      bias(layout.columns(), rule),
      output_(max_examples * layout.pitch()),
      gradient_(max_examples * layout.pitch()),
      transposed_(first ? 0 : linear.out * odd_pitch(linear.in)),
      transposed_pitch_(odd_pitch(linear.in)) {}

void MlpLayer::forward(Matrix input, std::int64_t examples, int share) {
  const auto kind = spec.relu ? Epilogue::Kind::kBiasRelu : Epilogue::Kind::kBias;
  for (const Panel& panel : layout.panels(share)) {
    const Range rows = layout.examples(share, panel, examples);
    if (rows.size() == 0) continue;
    kernels::gemm({rows.size(), panel.width, spec.in, input.data + rows.begin * input.pitch, input.pitch, 1,
                   weight.value.data() + panel.offset, panel.width,
                   output_.data() + rows.begin * layout.pitch() + panel.column, layout.pitch()},
                  {.kind = kind, .operand = bias.value.data() + panel.column});
  }
}

void MlpLayer::transpose(int share) {
  constexpr std::int64_t kBlock = 16;  // a cache line of the copy at a time
  for (const Panel& panel : layout.panels(share)) {
    const Range rows = layout.inputs(share, panel);
    const std::int64_t width = std::min(panel.width, spec.out - panel.column);
    const float* from = weight.value.data() + panel.offset;
    for (std::int64_t begin = rows.begin; begin < rows.end; begin += kBlock) {
      const std::int64_t end = std::min(begin + kBlock, rows.end);
      for (std::int64_t j = 0; j < width; ++j) {
        float* to = transposed_.data() + (panel.column + j) * transposed_pitch_;
        for (std::int64_t i = begin; i < end; ++i) to[i] = from[i * panel.width + j];
      }
    }
  }
}

void MlpLayer::backward(MlpLayer& below, std::int64_t examples, int share) {
  const Matrix above = gradient(), result = below.gradient(), active = below.output();
  for (const Panel& panel : below.layout.panels(share)) {
    const Range rows = below.layout.examples(share, panel, examples);
    if (rows.size() == 0) continue;
    const std::int64_t place = rows.begin * result.pitch + panel.column;
    Epilogue epilogue;
    if (below.spec.relu) {
      epilogue = {.kind = Epilogue::Kind::kGate, .operand = active.data + place, .operand_row = active.pitch};
    }
    kernels::gemm({rows.size(), panel.width, spec.out, above.data + rows.begin * above.pitch, above.pitch, 1,
                   transposed_.data() + panel.column, transposed_pitch_, result.data + place, result.pitch},
                  epilogue);
  }
}

namespace {

// What one product and one sweep over part of a parameter need: [rows][width] at `place` of its arrays.
struct Part {
  Parameter& parameter;
  std::int64_t place, rows, width;
  const std::uint64_t* mask;
};

void update_part(const Part& part, kernels::Gemm product, const UpdateRule& rule, const UpdateStep& step) {
  float* value = part.parameter.value.data() + part.place;
  if (rule.plain()) {
    product.c = value;
    return kernels::gemm(
        product,
        {.kind = Epilogue::Kind::kUpdate, .rate = static_cast<float>(step.learning_rate), .mask = part.mask});
  }
  product.c = part.parameter.gradient.data() + part.place;
  kernels::gemm(product);
  const auto state = [&](std::size_t i) {
    return i < part.parameter.state.size() ? part.parameter.state[i].data() + part.place : nullptr;
  };
  const std::int64_t count = part.rows * part.width;
  if (rule.adam) {
    kernels::masked_adam(
        value, product.c, state(0), state(1), part.mask, count,
        {step.learning_rate, rule.beta1, rule.beta2, rule.epsilon, rule.weight_decay, step.number});
  } else {
    kernels::masked_sgd(value, product.c, state(0), part.mask, count,
                        {step.learning_rate, rule.momentum, rule.weight_decay});
  }
}

}  // namespace

void MlpLayer::update(Matrix input, std::int64_t examples, const UpdateRule& rule, const UpdateStep& step,
                      int share) {
  static constexpr float kOne = 1;
  const std::int64_t pitch = layout.pitch();
  for (const Panel& panel : layout.panels(share)) {
    const Range rows = layout.inputs(share, panel);
    const float* dy = gradient_.data() + panel.column;
    const std::int64_t place = panel.offset + rows.begin * panel.width;
    if (rows.size() > 0) {
      update_part({weight, place, rows.size(), panel.width, mask.data() + place / 64},
                  {rows.size(), panel.width, examples, input.data + rows.begin, 1, input.pitch, dy, pitch,
                   nullptr, panel.width},
                  rule, step);
    }
    if (spec.bias && (!panel.shared || share == 0)) {
      // The bias is the weight of an input that is always 1.
      update_part({bias, panel.column, 1, panel.width, nullptr},
                  {1, panel.width, examples, &kOne, 0, 0, dy, pitch, nullptr, panel.width}, rule, step);
    }
  }
}

}  // namespace coppice
