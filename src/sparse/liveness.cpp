// Two sweeps: forward, which channels hold the same number for every input, and which; backward, which ones
// a channel of the logits depends on. A channel that is constantly 0 depends on nothing, since it stays 0
// whatever happens to the channels that it reads: their weights are 0, or the channels are, or a BatchNorm
// multiplies them by 0, or a ReLU cuts off a constant.
#include "sparse/liveness.h"

#include <algorithm>
#include <optional>
#include <span>

#include "model/graph.h"
#include "sparse/fold.h"

namespace coppice {

namespace {

/// For each channel the number it holds for every input, if there is one.
using Constants = std::vector<std::optional<double>>;

/// Of a linear or convolution node: whether a weight that is not 0 joins output channel o to input channel c,
/// at [o * in + c].
Flags joined_channels(const Tensor& weight) {
  const auto values = weight.as<float>();
  Flags joined(static_cast<std::size_t>(weight.shape[0] * weight.shape[1]), 0);
  const std::size_t window = values.size() / joined.size();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != 0) joined[i / window] = 1;
  return joined;
}

class Sweeps {
 public:
  Sweeps(const Network& network, const Tensors& tensors)
      : network_(network), tensors_(tensors), inputs_(input_nodes(network)), outputs_(extents(network)) {
    image_.resize(static_cast<std::size_t>(network.input.channels));
    for (std::size_t i = 0; i < network.nodes.size(); ++i) forward(i);
    for (const Constants& constants : constants_) live_.emplace_back(constants.size(), 0);
    need(network.nodes.size() - 1, Flags(constants_.back().size(), 1));
    for (std::size_t i = network.nodes.size(); i-- > 0;) backward(i);
  }

  std::vector<Flags> live() && { return std::move(live_); }

 private:
  const Constants& constants_at(std::size_t index) const {
    return index == kImage ? image_ : constants_[index];
  }

  void forward(std::size_t i) {
    const Node& node = network_.nodes[i];
    const Constants& in = constants_at(inputs_[i][0]);
    Constants out(static_cast<std::size_t>(outputs_[i].channels));
    switch (node.op) {
      case Op::kConv:
      case Op::kLinear: out = layer_constants(node, in); break;
      case Op::kBatchNorm: {
        const Affine norm = batch_norm(tensors_, node.name);
        for (std::size_t c = 0; c < out.size(); ++c)
          if (in[c] || norm.scale[c] == 0) out[c] = norm.scale[c] * in[c].value_or(0) + norm.shift[c];
        break;
      }
      case Op::kRelu:
        for (std::size_t c = 0; c < out.size(); ++c)
          if (in[c]) out[c] = std::max(*in[c], 0.0);
        break;
      case Op::kAdd: out = sum_constants(inputs_[i]); break;
      case Op::kAvgPool:  // near the edge, padding counts as 0
        for (std::size_t c = 0; c < out.size(); ++c)
          if (node.padding == 0 || in[c] == 0.0) out[c] = in[c];
        break;
      case Op::kFlatten:
        for (std::size_t f = 0; f < out.size(); ++f) out[f] = in[f / (out.size() / in.size())];
        break;
      case Op::kMaxPool:  // every window holds a cell of the image
      case Op::kGlobalAvgPool:
      case Op::kDropout: out = in; break;
    }
    constants_.push_back(std::move(out));
  }

  Constants layer_constants(const Node& node, const Constants& in) const {
    const Affine bias = bias_of(node, tensors_);
    const Flags joined = joined_channels(tensors_.at(node.name + ".weight"));
    Constants out(bias.shift.size());
    for (std::size_t o = 0; o < out.size(); ++o) {
      bool varies = false;
      for (std::size_t c = 0; c < in.size() && !varies; ++c)
        varies = joined[o * in.size() + c] && in[c] != 0.0;
      if (!varies) out[o] = bias.shift[o];
    }
    return out;
  }

  Constants sum_constants(const std::vector<std::size_t>& inputs) const {
    Constants sum = constants_at(inputs[0]);
    for (std::size_t k = 1; k < inputs.size(); ++k) {
      const Constants& in = constants_at(inputs[k]);
      for (std::size_t c = 0; c < sum.size(); ++c)
        sum[c] = sum[c] && in[c] ? std::optional(*sum[c] + *in[c]) : std::nullopt;
    }
    return sum;
  }

  /// Marks channels as live, but for those that are always 0.
  void need(std::size_t index, const Flags& channels) {
    if (index == kImage) return;
    for (std::size_t c = 0; c < channels.size(); ++c)
      if (channels[c] && constants_[index][c] != 0.0) live_[index][c] = 1;
  }

  void backward(std::size_t i) {
    const Node& node = network_.nodes[i];
    const Flags& out = live_[i];
    Flags in(constants_at(inputs_[i][0]).size(), 0);
    switch (node.op) {
      case Op::kConv:
      case Op::kLinear: {
        const Flags joined = joined_channels(tensors_.at(node.name + ".weight"));
        for (std::size_t k = 0; k < joined.size(); ++k)
          if (out[k / in.size()] && joined[k]) in[k % in.size()] = 1;
        break;
      }
      case Op::kBatchNorm: {
        const Affine norm = batch_norm(tensors_, node.name);
        for (std::size_t c = 0; c < in.size(); ++c) in[c] = out[c] && norm.scale[c] != 0;
        break;
      }
      case Op::kFlatten:
        for (std::size_t f = 0; f < out.size(); ++f) in[f / (out.size() / in.size())] |= out[f];
        break;
      case Op::kRelu:
      case Op::kAdd:
      case Op::kMaxPool:
      case Op::kAvgPool:
      case Op::kGlobalAvgPool:
      case Op::kDropout: in = out; break;
    }
    for (const std::size_t input : inputs_[i]) need(input, in);
  }

  const Network& network_;
  const Tensors& tensors_;
  std::vector<std::vector<std::size_t>> inputs_;
  std::vector<Extent> outputs_;
  Constants image_;
  std::vector<Constants> constants_;
  std::vector<Flags> live_;
};

}  // namespace

std::vector<Flags> live_channels(const Network& network, const Tensors& tensors) {
  return Sweeps(network, tensors).live();
}

}  // namespace coppice
