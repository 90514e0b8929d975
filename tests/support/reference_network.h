#pragma once
// A network in evaluation mode as its definition says, node by node, in FP64 and with no thought of speed.
#include "coppice/network.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace coppice {

/// What flows along an edge for one image.
struct ReferenceValue {
  Extent extent;
  std::vector<double> x;  ///< [channels, height, width]

  explicit ReferenceValue(const Extent& size)
      : extent(size), x(static_cast<std::size_t>(size.channels * size.height * size.width), 0.0) {}
  double& at(std::int64_t c, std::int64_t row, std::int64_t column) {
    return x[static_cast<std::size_t>((c * extent.height + row) * extent.width + column)];
  }
  double at(std::int64_t c, std::int64_t row, std::int64_t column) const {
    return const_cast<ReferenceValue*>(this)->at(c, row, column);
  }
  bool holds(std::int64_t row, std::int64_t column) const {
    return row >= 0 && row < extent.height && column >= 0 && column < extent.width;
  }
  /// Calls f(element, channel, row, column).
  template <class F>
  void for_each(const F& f) {
    for (std::int64_t c = 0; c < extent.channels; ++c)
      for (std::int64_t row = 0; row < extent.height; ++row)
        for (std::int64_t column = 0; column < extent.width; ++column) f(at(c, row, column), c, row, column);
  }
};

inline std::span<const float> bias_or_nothing(const Node& node, const Tensors& tensors) {
  return node.bias ? tensors.at(node.name + ".bias").as<float>() : std::span<const float>();
}

inline void reference_conv(const Node& node, const Tensors& tensors, const ReferenceValue& in,
                           ReferenceValue& out) {
  const auto weight = tensors.at(node.name + ".weight").as<float>(), bias = bias_or_nothing(node, tensors);
  const std::int64_t k = node.kernel;
  out.for_each([&](double& y, std::int64_t o, std::int64_t row, std::int64_t column) {
    y = bias.empty() ? 0.0 : bias[static_cast<std::size_t>(o)];
    for (std::int64_t c = 0; c < in.extent.channels; ++c)
      for (std::int64_t i = 0; i < k * k; ++i) {
        const std::int64_t r = row * node.stride - node.padding + i / k * node.dilation;
        const std::int64_t q = column * node.stride - node.padding + i % k * node.dilation;
        if (!in.holds(r, q)) continue;
        y += weight[static_cast<std::size_t>((o * in.extent.channels + c) * k * k + i)] * in.at(c, r, q);
      }
  });
}

inline void reference_linear(const Node& node, const Tensors& tensors, const ReferenceValue& in,
                             ReferenceValue& out) {
  const auto weight = tensors.at(node.name + ".weight").as<float>(), bias = bias_or_nothing(node, tensors);
  for (std::size_t o = 0; o < out.x.size(); ++o) {
    out.x[o] = bias.empty() ? 0.0 : bias[o];
    for (std::size_t i = 0; i < in.x.size(); ++i) out.x[o] += weight[o * in.x.size() + i] * in.x[i];
  }
}

inline void reference_norm(const Node& node, const Tensors& tensors, const ReferenceValue& in,
                           ReferenceValue& out) {
  const auto floats = [&](const char* tensor) { return tensors.at(node.name + tensor).as<float>(); };
  const auto gamma = floats(".weight"), beta = floats(".bias");
  const auto mean = floats(".running_mean"), variance = floats(".running_var");
  out.for_each([&](double& y, std::int64_t channel, std::int64_t row, std::int64_t column) {
    const auto c = static_cast<std::size_t>(channel);
    const double centred = in.at(channel, row, column) - mean[c];
    y = centred / std::sqrt(static_cast<double>(variance[c]) + 1e-5) * gamma[c] + beta[c];
  });
}

inline void reference_pool(bool max, std::int64_t kernel_height, std::int64_t kernel_width,
                           std::int64_t stride, std::int64_t padding, const ReferenceValue& in,
                           ReferenceValue& out) {
  out.for_each([&](double& y, std::int64_t c, std::int64_t row, std::int64_t column) {
    double largest = -std::numeric_limits<double>::infinity(), sum = 0;
    for (std::int64_t i = 0; i < kernel_height; ++i)
      for (std::int64_t j = 0; j < kernel_width; ++j) {
        const std::int64_t r = row * stride - padding + i, q = column * stride - padding + j;
        if (!in.holds(r, q)) continue;
        largest = std::max(largest, in.at(c, r, q));
        sum += in.at(c, r, q);
      }
    y = max ? largest : sum / static_cast<double>(kernel_height * kernel_width);
  });
}

inline void reference_node(const Node& node, const Tensors& tensors,
                           const std::vector<const ReferenceValue*>& inputs, ReferenceValue& out) {
  const ReferenceValue& in = *inputs[0];
  switch (node.op) {
    case Op::kConv: return reference_conv(node, tensors, in, out);
    case Op::kLinear: return reference_linear(node, tensors, in, out);
    case Op::kBatchNorm: return reference_norm(node, tensors, in, out);
    case Op::kMaxPool:
    case Op::kAvgPool:
      return reference_pool(node.op == Op::kMaxPool, node.kernel, node.kernel, node.stride, node.padding, in,
                            out);
    case Op::kGlobalAvgPool: return reference_pool(false, in.extent.height, in.extent.width, 1, 0, in, out);
    case Op::kRelu:
      for (std::size_t i = 0; i < out.x.size(); ++i) out.x[i] = std::max(in.x[i], 0.0);
      return;
    case Op::kAdd:
      for (const ReferenceValue* input : inputs)
        for (std::size_t i = 0; i < out.x.size(); ++i) out.x[i] += input->x[i];
      return;
    case Op::kFlatten:
    case Op::kDropout: out.x = in.x; return;
  }
}

/// What every node makes of one image [channels, height, width], by name; "x" is the image.
inline std::map<std::string, std::vector<double>> reference_values(const Network& network,
                                                                   const Tensors& tensors,
                                                                   const float* image) {
  std::map<std::string, ReferenceValue> values;
  ReferenceValue& x = values.emplace("x", network.input).first->second;
  std::copy(image, image + x.x.size(), x.x.begin());
  const std::vector<Extent> sizes = extents(network);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const Node& node = network.nodes[i];
    std::vector<const ReferenceValue*> inputs;
    for (const std::string& name : node.inputs) inputs.push_back(&values.at(name));
    reference_node(node, tensors, inputs, values.emplace(node.name, sizes[i]).first->second);
  }
  std::map<std::string, std::vector<double>> numbers;
  for (auto& [name, value] : values) numbers.emplace(name, std::move(value.x));
  return numbers;
}

/// Logits [n, classes] of images [n, channels, height, width].
inline std::vector<double> reference_logits(const Network& network, const Tensors& tensors,
                                            const std::vector<float>& images) {
  std::vector<double> logits;
  const auto size = static_cast<std::size_t>(network.input.size());
  for (std::size_t begin = 0; begin < images.size(); begin += size) {
    const auto values = reference_values(network, tensors, images.data() + begin);
    const std::vector<double>& last = values.at(network.nodes.back().name);
    logits.insert(logits.end(), last.begin(), last.end());
  }
  return logits;
}

}  // namespace coppice
