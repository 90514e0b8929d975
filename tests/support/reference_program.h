#pragma once
// An inference program step by step, by the kernels' own definition of a layer and plain loops. Values are
// rounded to float between steps.
#include "sparse/program.h"
#include "support/reference_network.h"

namespace coppice {

inline void reference_step(const Step& step, const std::vector<const ReferenceValue*>& inputs,
                           ReferenceValue& out) {
  const ReferenceValue& in = *inputs[0];
  switch (step.kind) {
    case Step::Kind::kLayer: {
      const std::vector<float> x(in.x.begin(), in.x.end());
      std::vector<float> residual;
      if (step.layer.residual) residual.assign(inputs.at(1)->x.begin(), inputs.at(1)->x.end());
      kernels::reference_layer(step.layer, 1, {}, {}, x.data(),
                               step.layer.residual ? residual.data() : nullptr, out.x.data());
      break;
    }
    case Step::Kind::kMaxPool:
    case Step::Kind::kAvgPool:
      reference_pool(step.kind == Step::Kind::kMaxPool, step.kernel_height, step.kernel_width, step.stride,
                     step.padding, in, out);
      break;
    case Step::Kind::kAffine:
      out.for_each([&](double& y, std::int64_t c, std::int64_t row, std::int64_t column) {
        const auto i = static_cast<std::size_t>(c);
        y = static_cast<double>(step.scale[i]) * in.at(c, row, column) + step.shift[i];
      });
      break;
    case Step::Kind::kAdd:
      for (const ReferenceValue* input : inputs)
        for (std::size_t i = 0; i < out.x.size(); ++i) out.x[i] += input->x[i];
      break;
    case Step::Kind::kFlatten: out.x = in.x; break;
  }
  for (double& y : out.x) y = static_cast<float>(step.relu ? std::max(y, 0.0) : y);
}

/// Every value [channels, height, width] of a program for one image.
inline std::vector<std::vector<double>> reference_values(const Program& program, const float* image) {
  std::vector<ReferenceValue> values;
  for (const Value& value : program.values)
    values.emplace_back(Extent{value.channels, value.height, value.width});
  std::copy(image, image + values[0].x.size(), values[0].x.begin());
  for (const Step& step : program.steps) {
    std::vector<const ReferenceValue*> inputs;
    for (const std::size_t input : step.inputs) inputs.push_back(&values.at(input));
    reference_step(step, inputs, values.at(step.output));
  }
  std::vector<std::vector<double>> numbers;
  for (ReferenceValue& value : values) numbers.push_back(std::move(value.x));
  return numbers;
}

/// Logits [n, classes] of images [n, channels, height, width].
inline std::vector<double> reference_logits(const Program& program, const std::vector<float>& images) {
  std::vector<double> logits;
  const Value& x = program.values[0];
  const auto size = static_cast<std::size_t>(x.channels * x.height * x.width);
  for (std::size_t begin = 0; begin < images.size(); begin += size) {
    const auto values = reference_values(program, images.data() + begin);
    const std::vector<double>& last = values.at(program.steps.back().output);
    logits.insert(logits.end(), last.begin(), last.end());
  }
  return logits;
}

}  // namespace coppice
