#pragma once
#include "coppice/train.h"

#include <cmath>
#include <string>
#include <vector>

// A multi-layer perceptron in double precision, written from the formulas and for nothing but clarity: what
// the engine is compared with.
namespace coppice::reference {

struct Layer {
  std::string name;
  std::int64_t in, out;
  bool relu, bias;
};

struct Values {  // of one parameter
  std::vector<double> value, gradient, first, second;
  const Mask* mask = nullptr;
};

class Mlp {
 public:
  Mlp(std::vector<Layer> layers, const Data& data, const TrainConfig& config, const Tensors& start,
      const Masks& masks)
      : layers_(std::move(layers)), data_(data), config_(config) {
    for (const Layer& layer : layers_) {
      for (const char* kind : {".weight", ".bias"}) {
        Values values;
        const auto found = start.find(layer.name + kind);
        if (found != start.end()) {
          for (const float x : found->second.as<float>()) values.value.push_back(x);
        } else {
          values.value.resize(static_cast<std::size_t>(layer.out));
        }
        values.mask = find(masks, layer.name + kind);
        values.gradient.resize(values.value.size());
        values.first.resize(values.value.size());
        values.second.resize(values.value.size());
        parameters_.push_back(values);
        apply_mask(parameters_.back());
      }
    }
  }

  Tally train(std::int64_t from, std::int64_t to, std::uint64_t seed, std::uint64_t level) {
    BatchOrder order(data_, config_.batch, seed, level);
    const std::int64_t per_epoch = steps_per_epoch(data_, config_);
    Tally tally;
    for (std::int64_t step = from; step < to; ++step) {
      const BatchOrder::Batch batch = order.at(step);
      const auto count = static_cast<std::int64_t>(batch.indices.size());
      std::vector<Jitter> jitter;
      if (data_.augment != "none") jitter = draw_jitter(seed, level, batch.epoch, batch.first, count);
      for (Values& values : parameters_) values.gradient.assign(values.value.size(), 0);
      tally += pass(Split::kTrain, batch.indices, jitter, true);
      ++updates_;
      for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (i % 2 == 0 || layers_[i / 2].bias)
          update(parameters_[i], learning_rate(config_, step, per_epoch));
      }
    }
    return tally;
  }

  Tally evaluate(Split split) {
    std::vector<std::uint32_t> indices;
    for (std::int64_t i = 0; i < data_.count(split); ++i) indices.push_back(data_.index(split, i));
    return pass(split, indices, {}, false);
  }

  const std::vector<double>& weight(std::size_t layer) const { return parameters_[2 * layer].value; }
  const std::vector<double>& bias(std::size_t layer) const { return parameters_[2 * layer + 1].value; }

 private:
  Tally pass(Split split, std::span<const std::uint32_t> indices, std::span<const Jitter> jitter,
             bool backward) {
    const auto pixels = static_cast<std::size_t>(data_.pool.image.size());
    std::vector<float> images(indices.size() * pixels);
    gather(data_, split, indices, jitter, images.data());
    Tally tally;
    tally.examples = static_cast<std::int64_t>(indices.size());
    for (std::size_t n = 0; n < indices.size(); ++n) {
      std::vector<std::vector<double>> active = {
          {images.begin() + n * pixels, images.begin() + (n + 1) * pixels}};
      for (std::size_t l = 0; l < layers_.size(); ++l) active.push_back(forward(l, active.back()));
      const std::vector<double>& logits = active.back();
      const auto label = static_cast<std::size_t>(data_.examples(split).labels[indices[n]]);
      double sum = 0;
      std::size_t best = 0;
      for (std::size_t j = 0; j < logits.size(); ++j) {
        sum += std::exp(logits[j] - logits[label]);
        if (logits[j] > logits[best]) best = j;
      }
      tally.loss_sum += std::log(sum);
      tally.correct += best == label;
      if (!backward) continue;
      std::vector<double> gradient;
      for (std::size_t j = 0; j < logits.size(); ++j) {
        const double share = std::exp(logits[j] - logits[label]) / sum - (j == label);
        gradient.push_back(share / static_cast<double>(indices.size()));
      }
      for (std::size_t l = layers_.size(); l-- > 0;) gradient = back(l, active[l], active[l + 1], gradient);
    }
    return tally;
  }

  std::vector<double> forward(std::size_t l, const std::vector<double>& input) const {
    std::vector<double> output = bias(l);
    for (std::size_t j = 0; j < output.size(); ++j) {
      for (std::size_t i = 0; i < input.size(); ++i) output[j] += weight(l)[j * input.size() + i] * input[i];
      if (layers_[l].relu && output[j] < 0) output[j] = 0;
    }
    return output;
  }

  std::vector<double> back(std::size_t l, const std::vector<double>& input, const std::vector<double>& output,
                           std::vector<double> gradient) {
    std::vector<double> below(input.size());
    for (std::size_t j = 0; j < output.size(); ++j) {
      if (layers_[l].relu && output[j] <= 0) gradient[j] = 0;
      parameters_[2 * l + 1].gradient[j] += gradient[j];
      for (std::size_t i = 0; i < input.size(); ++i) {
        parameters_[2 * l].gradient[j * input.size() + i] += gradient[j] * input[i];
        below[i] += gradient[j] * weight(l)[j * input.size() + i];
      }
    }
    return below;
  }

  void update(Values& values, double rate) const {
    const auto t = static_cast<double>(updates_);
    for (std::size_t i = 0; i < values.value.size(); ++i) {
      const double g = values.gradient[i] + config_.weight_decay * values.value[i];
      double& m = values.first[i];
      double& v = values.second[i];
      if (config_.optimizer == "adam") {
        m = config_.beta1 * m + (1 - config_.beta1) * g;
        v = config_.beta2 * v + (1 - config_.beta2) * g * g;
        const double corrected = m / (1 - std::pow(config_.beta1, t));
        values.value[i] -=
            rate * corrected / (std::sqrt(v / (1 - std::pow(config_.beta2, t))) + config_.epsilon);
      } else {
        m = config_.momentum * m + g;
        values.value[i] -= rate * m;
      }
    }
    apply_mask(values);
  }

  static void apply_mask(Values& values) {
    for (std::size_t i = 0; values.mask && i < values.value.size(); ++i) {
      if (values.mask->get(static_cast<std::int64_t>(i))) continue;
      values.value[i] = values.first[i] = values.second[i] = 0;
    }
  }

  std::vector<Layer> layers_;
  const Data& data_;
  const TrainConfig& config_;
  std::vector<Values> parameters_;  // weight and bias of every layer
  std::int64_t updates_ = 0;
};

}  // namespace coppice::reference
