#pragma once
// Networks that are valid and otherwise as odd as chance makes them, with numbers to fill them: for tests
// that hold for every network. All of it follows from the seed.
#include "coppice/network.h"
#include "coppice/prune.h"
#include "coppice/random.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace coppice {

/// Random numbers one after the other.
class Dice {
 public:
  Dice(std::uint64_t seed, std::string_view purpose) : stream_(seed, purpose) {}
  std::int64_t between(std::int64_t low, std::int64_t high) {  ///< Both may come.
    return low + stream_.below(next_++, static_cast<std::uint32_t>(high - low + 1));
  }
  bool chance(double probability) { return stream_.uniform(next_++) < probability; }
  double uniform(double low, double high) { return low + (high - low) * stream_.uniform(next_++); }
  double normal() { return stream_.normal(next_++); }

 private:
  Stream stream_;
  std::uint64_t next_ = 0;
};

/// Writes down a network: a trunk of random operations with random branches, which additions join again.
class RandomNetwork {
 public:
  explicit RandomNetwork(std::uint64_t seed) : dice_(seed, "random network") {
    network_.name = "random-" + std::to_string(seed);
    network_.input = {dice_.between(1, 3), dice_.between(5, 20), dice_.between(5, 20), false};
    network_.classes = dice_.between(2, 10);
    last_ = {"x", network_.input};
    for (std::int64_t steps = dice_.between(0, 6); steps > 0; --steps) trunk();
    push(node(dice_.chance(0.6) ? Op::kFlatten : Op::kGlobalAvgPool));
    for (std::int64_t steps = dice_.between(0, 3); steps > 0; --steps) trunk();
    push(linear(network_.classes));
    if (dice_.chance(0.2)) by_channel();
    if (dice_.chance(0.2)) sum();
  }

  Network finish() const { return complete(network_); }

 private:
  struct End {
    std::string name;
    Extent extent;
  };

  static Node node(Op op) {
    Node made;
    made.op = op;
    return made;
  }
  Node linear(std::int64_t out) {
    Node made = node(Op::kLinear);
    made.out = out;
    made.bias = dice_.chance(0.7);
    return made;
  }

  /// Adds a node behind the last one, or behind `inputs`.
  void push(Node made, std::vector<std::string> inputs = {}) {
    made.name = "n" + std::to_string(network_.nodes.size());
    made.inputs = inputs.empty() ? std::vector<std::string>{last_.name} : std::move(inputs);
    if (made.op == Op::kConv && made.stride == 0) made.stride = 1;
    network_.nodes.push_back(made);
    last_ = {made.name, extents(network_).back()};
  }

  void trunk() {
    const double kind = dice_.uniform(0, 1);
    if (kind < 0.3)
      sum();
    else if (kind < 0.55)
      by_channel();
    else if (last_.extent.flat)
      dice_.chance(0.1) ? push(node(Op::kFlatten)) : push(linear(dice_.between(1, 12)));
    else if (kind < 0.7)
      pool();
    else
      conv();
  }

  /// One to three of the operations that change no size, in any order.
  void by_channel() {
    constexpr Op kOps[] = {Op::kBatchNorm, Op::kBatchNorm, Op::kRelu, Op::kRelu, Op::kDropout};
    for (std::int64_t count = dice_.between(1, 3); count > 0; --count) push(node(kOps[dice_.between(0, 4)]));
  }

  void conv() {
    Node made = node(Op::kConv);
    made.out = dice_.between(1, 8);
    made.padding = dice_.between(0, 3);
    made.stride = dice_.between(1, 3);
    made.bias = dice_.chance(0.5);
    const std::int64_t room = std::min(last_.extent.height, last_.extent.width) + 2 * made.padding;
    made.kernel = dice_.between(1, std::min<std::int64_t>(5, room));
    made.dilation = made.kernel > 1 && 2 * (made.kernel - 1) < room ? dice_.between(1, 2) : 1;
    push(made);
  }

  void pool() {
    Node made = node(dice_.chance(0.5) ? Op::kMaxPool : Op::kAvgPool);
    const std::int64_t room = std::min(last_.extent.height, last_.extent.width);
    made.kernel = dice_.between(1, std::min<std::int64_t>(3, room));
    made.padding = dice_.between(0, made.kernel / 2);
    made.stride = dice_.between(1, 3);
    push(made);
  }

  /// A layer from `from` that gives the extent `to`: a linear one, or a convolution that keeps the size.
  void same_size_layer(const Extent& to) {
    if (to.flat) return push(linear(to.channels));
    Node made = node(Op::kConv);
    made.out = to.channels;
    made.padding = dice_.between(0, 2);
    made.kernel = 2 * made.padding + 1;
    if (made.padding == 2 && dice_.chance(0.5)) made.kernel = 3, made.dilation = 2;
    made.bias = dice_.chance(0.5);
    push(made);
  }

  /// Two or three branches from the last value, or from it and from itself, and their sum.
  void sum() {
    if (dice_.chance(0.15)) return push(node(Op::kAdd), {last_.name, last_.name});
    const End from = last_;
    std::vector<std::string> ends;
    for (std::int64_t count = dice_.between(2, 3); count > 0; --count) {
      last_ = from;
      if (dice_.chance(0.3)) by_channel();
      if (dice_.chance(0.6)) same_size_layer(from.extent);
      if (dice_.chance(0.4)) by_channel();
      ends.push_back(last_.name);
    }
    push(node(Op::kAdd), ends);
  }

  Dice dice_;
  Network network_;
  End last_;
};

inline Network random_network(std::uint64_t seed) { return RandomNetwork(seed).finish(); }

/// Weights of a size that keeps activations near 1, biases and BatchNorm statistics of either sign.
inline Tensors random_tensors(const Network& network, std::uint64_t seed) {
  Tensors tensors;
  for (const TensorSpec& spec : tensor_specs(network)) {
    Tensor& tensor = tensors[spec.name] = Tensor::zeros(spec.dtype, spec.shape);
    if (spec.role == Role::kBatchCount) continue;
    Dice dice(seed, "tensor " + spec.name);
    const double fan_in = static_cast<double>(tensor.size()) / static_cast<double>(spec.shape[0]);
    for (float& value : tensor.as<float>()) {
      switch (spec.role) {
        case Role::kWeight: value = static_cast<float>(dice.normal() / std::sqrt(fan_in)); break;
        case Role::kScale: value = static_cast<float>(dice.uniform(-0.5, 1.5)); break;
        case Role::kRunningVar: value = static_cast<float>(dice.uniform(0.2, 2)); break;
        default: value = static_cast<float>(0.5 * dice.normal()); break;
      }
    }
  }
  return tensors;
}

/// Masks of about that density. One row in eight is empty, and for one seed in four one tensor in eight too
/// (which often leaves the whole network without a path).
inline Masks ragged_masks(const Network& network, double density, std::uint64_t seed) {
  Masks masks = full_masks(network, {});
  const bool holes = Dice(seed, "masks").chance(0.25);
  for (auto& [name, mask] : masks) {
    Dice dice(seed, "mask " + name);
    const bool empty = holes && dice.chance(0.125);
    for (std::int64_t row = 0; row < mask.rows(); ++row) {
      const bool empty_row = empty || dice.chance(0.125);
      for (std::int64_t i = row * mask.columns(); i < (row + 1) * mask.columns(); ++i)
        if (empty_row || !dice.chance(density)) mask.set(i, false);
    }
  }
  return masks;
}

/// Images [n, channels, height, width].
inline std::vector<float> random_images(const Network& network, std::int64_t count, std::uint64_t seed) {
  Dice dice(seed, "images");
  std::vector<float> images(static_cast<std::size_t>(count * network.input.size()));
  for (float& pixel : images) pixel = static_cast<float>(dice.normal());
  return images;
}

}  // namespace coppice
