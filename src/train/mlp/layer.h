#pragma once
#include "coppice/config.h"

#include <cstdint>
#include <vector>

#include "train/mlp/chain.h"
#include "train/mlp/floats.h"
#include "train/mlp/panels.h"

namespace coppice {

/// How weights are updated, from the config.
struct UpdateRule {
  explicit UpdateRule(const TrainConfig& config);
  bool adam = false;
  double momentum = 0, weight_decay = 0, beta1 = 0, beta2 = 0, epsilon = 0;
  /// Arrays of state for every parameter, and what PyTorch calls them: "momentum", or "exp_avg" and
  /// "exp_avg_sq".
  std::vector<const char*> states;
  /// value -= rate * gradient and no more: done inside the gradient's matrix product.
  bool plain() const { return !adam && momentum == 0 && weight_decay == 0; }
};

/// One update: what changes from step to step.
struct UpdateStep {
  double learning_rate = 0;
  std::int64_t number = 1;  ///< Adam's: 1 at the first update since the state was zero.
};

/// Values and all that training keeps beside them, in one layout.
struct Parameter {
  Parameter(std::int64_t floats, const UpdateRule& rule);
  Floats value, gradient;
  std::vector<Floats> state;
};

/// A matrix of activations or of their gradients, [examples][features], rows `pitch` floats apart.
struct Matrix {
  float* data = nullptr;
  std::int64_t pitch = 0;
};

/// A linear layer in training: its parameters, and its output and gradient for one batch. Every function does
/// the work of one share; which other shares must have finished what is said there.
class MlpLayer {
 public:
  MlpLayer(const LinearSpec& spec, const UpdateRule& rule, std::int64_t max_examples, int shares, bool first);

  const LinearSpec spec;
  const PanelLayout layout;
  Parameter weight, bias;
  std::vector<std::uint64_t> mask;  ///< Of the weight, in its layout.

  Matrix output() { return {output_.data(), layout.pitch()}; }
  Matrix gradient() { return {gradient_.data(), layout.pitch()}; }

  /// output = relu(input W + b). Needs all of the input; where all_shared(), that of this share's examples.
  void forward(Matrix input, std::int64_t examples, int share);

  /// The copy of the weights that `backward` reads. Needs nothing of other shares.
  void transpose(int share);

  /// below.gradient() = (gradient W^T) gated by below's ReLU. Needs every transpose, and all of gradient;
  /// where below is all_shared(), that of this share's examples.
  void backward(MlpLayer& below, std::int64_t examples, int share);

  /// Gradient of weight and bias, and their update. Needs all of input and gradient, as far as they concern
  /// this share's panels.
  void update(Matrix input, std::int64_t examples, const UpdateRule& rule, const UpdateStep& step, int share);

 private:
  Floats output_, gradient_, transposed_;
  std::int64_t transposed_pitch_;
};

}  // namespace coppice
