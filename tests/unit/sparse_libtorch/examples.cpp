#include "unit/sparse_libtorch/examples.h"

#include <algorithm>
#include <limits>

namespace coppice {

kernels::Layer random_layer(const kernels::LayerShape& shape, double density, Random& random) {
  std::bernoulli_distribution kept(density);
  std::vector<float> dense(static_cast<std::size_t>(shape.outputs * shape.columns()));
  for (float& weight : dense) weight = kept(random) ? uniform(random) : 0;
  kernels::Layer layer;
  layer.shape = shape;
  layer.weights = kernels::csr_from_dense(dense.data(), shape.outputs, shape.columns());
  for (std::int64_t m = 0; m < shape.outputs; ++m) layer.bias.push_back(uniform(random));
  return layer;
}

AlignedFloats random_activations(const kernels::Activations& at, Random& random) {
  AlignedFloats floats(at.floats() + kernels::kSlack);
  for (std::int64_t i = 0; i < at.floats() + kernels::kSlack; ++i) floats.data()[i] = uniform(random);
  return floats;
}

void for_each_element(const kernels::Activations& at, const std::function<void(std::int64_t)>& call) {
  for (std::int64_t n = 0; n < at.images; ++n) {
    for (std::int64_t c = 0; c < at.channels; ++c) {
      for (std::int64_t row = 0; row < at.height; ++row) {
        for (std::int64_t column = 0; column < at.width; ++column) call(at.offset(n, c, row, column));
      }
    }
  }
}

namespace {

class Builder {
 public:
  Builder(Random& random, Value image) : random_(random) { program_.values.push_back(std::move(image)); }

  std::size_t layer(std::size_t input, kernels::LayerShape shape, bool relu, std::size_t residual = 0) {
    const Value& x = program_.values[input];
    shape.channels = x.channels, shape.height = x.height, shape.width = x.width;
    Step step;
    step.layer = random_layer(shape, 0.6, random_);
    step.inputs = {input};
    if (residual != 0) step.inputs.push_back(residual);
    step.layer.residual = residual != 0;
    step.relu = step.layer.relu = relu;
    return add(step, shape.outputs, shape.out_height(), shape.out_width());
  }
  std::size_t linear(std::size_t input, std::int64_t outputs, bool relu) {
    const Value& x = program_.values[input];
    return layer(input, {outputs, 0, 0, 0, x.height, x.width}, relu);
  }
  std::size_t pool(Step::Kind kind, std::size_t input, std::int64_t kernel, std::int64_t stride,
                   std::int64_t padding) {
    const Value& x = program_.values[input];
    Step step;
    step.kind = kind;
    step.inputs = {input};
    step.kernel_height = step.kernel_width = kernel;
    step.stride = stride;
    step.padding = padding;
    return add(step, x.channels, (x.height + 2 * padding - kernel) / stride + 1,
               (x.width + 2 * padding - kernel) / stride + 1);
  }
  std::size_t affine(std::size_t input, bool relu) {
    const Value& x = program_.values[input];
    Step step;
    step.kind = Step::Kind::kAffine;
    step.inputs = {input};
    step.relu = relu;
    for (std::int64_t c = 0; c < x.channels; ++c) {
      step.scale.push_back(uniform(random_));
      step.shift.push_back(uniform(random_));
    }
    return add(step, x.channels, x.height, x.width);
  }
  std::size_t sum(std::vector<std::size_t> inputs, bool relu) {
    const Value& x = program_.values[inputs[0]];
    Step step;
    step.kind = Step::Kind::kAdd;
    step.inputs = std::move(inputs);
    step.relu = relu;
    return add(step, x.channels, x.height, x.width);
  }
  std::size_t flatten(std::size_t input) {
    const Value& x = program_.values[input];
    Step step;
    step.kind = Step::Kind::kFlatten;
    step.inputs = {input};
    return add(step, x.channels * x.height * x.width, 1, 1);
  }
  Program take() { return std::move(program_); }

 private:
  std::size_t add(Step step, std::int64_t channels, std::int64_t height, std::int64_t width) {
    step.output = program_.values.size();
    program_.values.push_back({"", channels, height, width, 0});
    program_.steps.push_back(std::move(step));
    return program_.values.size() - 1;
  }

  Random& random_;
  Program program_;
};

void reference_step(const Step& step, const Program& program, std::int64_t images,
                    const std::vector<std::vector<float>>& values, std::vector<float>& y) {
  const Value& in = program.values[step.inputs[0]];
  const Value& out = program.values[step.output];
  const std::vector<float>& x = values[step.inputs[0]];
  const std::int64_t pixels = in.height * in.width;
  if (step.kind == Step::Kind::kLayer) {
    std::vector<double> exact(y.size());
    reference_layer(step.layer, images, {}, {}, x.data(),
                    step.layer.residual ? values[step.inputs[1]].data() : nullptr, exact.data());
    std::copy(exact.begin(), exact.end(), y.begin());
    return;
  }
  for (std::size_t i = 0; i < y.size(); ++i) {
    const std::int64_t at = static_cast<std::int64_t>(i), column = at % out.width,
                       row = at / out.width % out.height;
    const std::int64_t plane = at / (out.width * out.height);  // image and channel
    const bool largest = step.kind == Step::Kind::kMaxPool;
    double value = largest ? -std::numeric_limits<double>::infinity() : 0;
    if (step.kind == Step::Kind::kFlatten) {
      value = x[i];
    } else if (step.kind == Step::Kind::kAffine) {
      const auto c = static_cast<std::size_t>(plane % out.channels);
      value = static_cast<double>(step.scale[c]) * x[i] + step.shift[c];
    } else if (step.kind == Step::Kind::kAdd) {
      for (std::size_t input : step.inputs) value += values[input][i];
    } else {
      for (std::int64_t ky = 0; ky < step.kernel_height; ++ky) {
        for (std::int64_t kx = 0; kx < step.kernel_width; ++kx) {
          const std::int64_t r = row * step.stride - step.padding + ky;
          const std::int64_t c = column * step.stride - step.padding + kx;
          if (r < 0 || r >= in.height || c < 0 || c >= in.width) continue;
          const double one = x[static_cast<std::size_t>(plane * pixels + r * in.width + c)];
          value = largest ? std::max(value, one)
                          : value + one / static_cast<double>(step.kernel_height * step.kernel_width);
        }
      }
    }
    y[i] = static_cast<float>(step.relu ? std::max(value, 0.0) : value);
  }
}

}  // namespace

Program example_program(Random& random) {
  Builder build(random, {"x", 3, 12, 10, 1});
  const std::size_t stem = build.layer(0, {8, 0, 0, 0, 3, 3, 1, 1, 1}, true);
  const std::size_t inner = build.layer(stem, {8, 0, 0, 0, 3, 3, 1, 1, 1}, true);
  const std::size_t block =
      build.layer(inner, {8, 0, 0, 0, 3, 3, 1, 1, 1}, true, stem);  // stem is spent here
  const std::size_t side = build.layer(block, {16, 0, 0, 0, 1, 1, 2, 0, 1}, false);
  const std::size_t down = build.layer(block, {16, 0, 0, 0, 3, 3, 2, 1, 1}, false, side);
  const std::size_t kept = build.layer(down, {16, 0, 0, 0, 3, 3, 1, 1, 1}, false, down);  // but read again:
  const std::size_t both = build.sum({down, kept, kept}, true);
  const std::size_t scaled = build.affine(both, false);
  const std::size_t largest = build.pool(Step::Kind::kMaxPool, scaled, 3, 2, 1);
  const std::size_t mean = build.pool(Step::Kind::kAvgPool, largest, 3, 1, 1);
  const std::size_t rectified = build.sum({mean}, true);         // mean is negative in places, and read again
  const std::size_t hidden = build.linear(rectified, 24, true);  // reads an image
  const std::size_t flat = build.flatten(mean);
  const std::size_t other = build.linear(flat, 24, false);
  const std::size_t joined = build.layer(hidden, {24, 0, 0, 0, 1, 1}, true, other);
  build.linear(joined, 5, false);
  return build.take();
}

std::vector<float> reference_logits(const Program& program, std::int64_t images,
                                    const std::vector<float>& x) {
  std::vector<std::vector<float>> values(program.values.size());
  values[0] = x;
  for (const Step& step : program.steps) {
    const Value& out = program.values[step.output];
    std::vector<float> y(static_cast<std::size_t>(images * out.channels * out.height * out.width));
    reference_step(step, program, images, values, y);
    values[step.output] = y;
  }
  return values[program.steps.back().output];
}

}  // namespace coppice
