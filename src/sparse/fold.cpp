// BatchNorm in evaluation mode is an affine map of each channel. Behind a layer it scales the rows of the
// weights and moves the bias.
#include "sparse/fold.h"

#include "coppice/error.h"

#include <cmath>
#include <span>

#include <fmt/format.h>

#include "model/norm.h"

namespace coppice {

namespace {

std::span<const float> floats(const Tensors& tensors, const std::string& name) {
  return tensors.at(name).as<float>();
}

float rounded(double value, const std::string& where, std::size_t index) {
  const auto result = static_cast<float>(value);
  if (!std::isfinite(result))
    throw BadInput(
        fmt::format("{}: element {} becomes {:.6g} with the BatchNorm behind it folded in, beyond "
                    "the range of float; look at the BatchNorm's variances",
                    where, index, value));
  return result;
}

std::vector<float> rounded(const std::vector<double>& values, const std::string& where) {
  std::vector<float> result;
  for (std::size_t i = 0; i < values.size(); ++i) result.push_back(rounded(values[i], where, i));
  return result;
}

}  // namespace

Affine batch_norm(const Tensors& tensors, const std::string& name) {
  const auto gamma = floats(tensors, name + ".weight"), beta = floats(tensors, name + ".bias");
  const auto mean = floats(tensors, name + ".running_mean"), var = floats(tensors, name + ".running_var");
  Affine affine;
  for (std::size_t c = 0; c < gamma.size(); ++c) {
    if (var[c] < 0)
      throw BadInput(fmt::format("the tensor '{}.running_var' holds {} at index {}; a variance is at least 0",
                                 name, var[c], c));
    const double scale = gamma[c] / std::sqrt(static_cast<double>(var[c]) + kNormEpsilon);
    affine.scale.push_back(scale);
    affine.shift.push_back(beta[c] - mean[c] * scale);
  }
  return affine;
}

Affine bias_of(const Node& node, const Tensors& tensors) {
  Affine affine;
  affine.scale.assign(static_cast<std::size_t>(node.out), 1.0);
  affine.shift.assign(static_cast<std::size_t>(node.out), 0.0);
  if (!node.bias) return affine;
  const auto bias = floats(tensors, node.name + ".bias");
  affine.shift.assign(bias.begin(), bias.end());
  return affine;
}

Affine then(const Affine& first, const Affine& second) {
  Affine both = second;
  for (std::size_t c = 0; c < both.scale.size(); ++c) {
    both.scale[c] *= first.scale[c];
    both.shift[c] += second.scale[c] * first.shift[c];
  }
  return both;
}

void fill_step(Step& step, const Affine& affine, const Tensors& tensors) {
  if (step.kind == Step::Kind::kAffine) {
    step.scale = rounded(affine.scale, step.name + ".weight");
    step.shift = rounded(affine.shift, step.name + ".bias");
    return;
  }
  const auto original = floats(tensors, step.weight);
  const auto columns = static_cast<std::size_t>(step.layer.shape.columns());
  std::vector<float> folded(original.size());
  for (std::size_t i = 0; i < folded.size(); ++i)
    folded[i] = rounded(affine.scale[i / columns] * original[i], step.weight, i);
  step.layer.weights =
      kernels::csr_from_dense(folded.data(), step.layer.shape.outputs, step.layer.shape.columns());
  step.layer.bias = rounded(affine.shift, step.name + ".bias");
}

}  // namespace coppice
