#pragma once
// What the tests of this folder share.
#include "coppice/prune.h"
#include "coppice/random.h"
#include "coppice/train.h"

#include <bit>
#include <cmath>
#include <string>

#include "gtest/gtest.h"
#include "support/random_data.h"
#include "unit/model/networks.h"

namespace coppice {

/// A bias in front of a BatchNorm has no gradient but rounding noise, and comparing noise says nothing.
inline Node biasless(Node made) {
  made.bias = false;
  return made;
}

/// Convolutions with and without bias, BatchNorm with and without an addition and ReLU, a pool, a linear
/// layer.
inline Network small_network() {
  return complete(
      {"small",
       {3, 8, 8, false},
       4,
       {biasless(conv("c1", 6, 3, 1)), node(Op::kBatchNorm, "bn1"), node(Op::kRelu, "relu1"),
        biasless(conv("c2", 6, 3, 1)), node(Op::kBatchNorm, "bn2"), node(Op::kAdd, "add", {"bn2", "relu1"}),
        node(Op::kRelu, "relu2"), conv("c3", 8, 3, 1), node(Op::kRelu, "relu3"),
        pool(Op::kMaxPool, "pool", 2), node(Op::kFlatten, "flat"), linear("fc", 4)}});
}

/// Weights as initialised; BatchNorm's statistics, scales and shifts as if trained.
inline Tensors random_weights(const Network& network) {
  Tensors tensors = initialise(network, "kaiming-normal", "uniform", 4);
  for (const TensorSpec& spec : tensor_specs(network)) {
    if (spec.dtype != DType::kF32 || spec.role == Role::kWeight) continue;
    const Stream stream(5, spec.name);
    const auto values = tensors.at(spec.name).as<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool positive = spec.role == Role::kRunningVar || spec.role == Role::kScale;
      values[i] = static_cast<float>(positive ? 0.5 + stream.uniform(i) : 0.3 * stream.normal(i));
    }
  }
  return tensors;
}

inline TrainConfig momentum_config() {
  TrainConfig config;
  config.batch = 10;
  config.learning_rate = 0.05;
  config.momentum = 0.9;
  config.weight_decay = 1e-3;
  return config;
}

inline TrainConfig adam_config() {
  TrainConfig config = momentum_config();
  config.optimizer = "adam";
  config.learning_rate = 2e-3;
  return config;
}

inline Device cpu(int threads) {
  Device device;
  device.threads = threads;
  return device;
}

/// Largest difference over the largest value.
inline double relative_difference(std::span<const float> a, std::span<const float> b) {
  double difference = 0, scale = 1e-30;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::abs(double{a[i]} - double{b[i]}));
    scale = std::max(scale, std::abs(double{b[i]}));
  }
  return difference / scale;
}

inline void expect_close(const Tensors& a, const Tensors& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_TRUE(b.contains(name)) << name;
    if (tensor.dtype == DType::kF32) {
      EXPECT_LE(relative_difference(tensor.as<float>(), b.at(name).as<float>()), tolerance) << name;
    } else {
      EXPECT_EQ(tensor, b.at(name)) << name;
    }
  }
}

/// That everything under a 0 of the masks is +0: weights, or the parts of an optimiser's state.
inline void expect_pruned_zero(const Masks& masks, const Tensors& tensors,
                               const std::vector<std::string>& suffixes, const std::string& when) {
  for (const NamedMask& named : masks) {
    for (const std::string& suffix : suffixes) {
      const auto values = tensors.at(named.name + suffix).as<float>();
      for (std::int64_t i = 0; i < named.mask.size(); ++i) {
        if (named.mask.get(i)) continue;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(values[static_cast<std::size_t>(i)]), 0u)
            << named.name << suffix << ' ' << i << ' ' << when;
      }
    }
  }
}

}  // namespace coppice
