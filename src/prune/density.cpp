// How much of a network is left, and how much of that does anything. A kept weight is effective where it lies
// on a path of kept weights from the image to an output (Vysogorets & Kempe 2023). Paths run over channels: a
// convolution joins two channels if any weight of their window is kept, and a flatten spreads a channel over
// the features made from it. So two sweeps suffice: forward, which channels the image reaches; backward, from
// which channels an output can be reached. A weight between a reached and a needed channel is effective.
#include "coppice/error.h"
#include "coppice/prune.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/graph.h"

namespace coppice {

namespace {

/// One flag for each channel (or feature) of an edge of the network.
using Flags = std::vector<std::uint8_t>;

/// Of a linear or convolution node: whether a kept weight joins output channel o to input channel i, at
/// [o * in + i].
struct Links {
  std::size_t out = 0, in = 0;
  Flags joined;
  bool at(std::size_t o, std::size_t i) const { return joined[o * in + i] != 0; }
};

Links links_of(const TensorSpec& weight, const Mask* mask) {
  const auto out = static_cast<std::size_t>(weight.shape[0]), in = static_cast<std::size_t>(weight.shape[1]);
  Links links{out, in, Flags(out * in, mask == nullptr)};
  if (mask == nullptr) return links;  // never pruned: all its weights are there
  const Flags kept = mask->unpacked();
  const std::size_t window = kept.size() / links.joined.size();
  for (std::size_t i = 0; i < kept.size(); ++i) links.joined[i / window] |= kept[i];
  return links;
}

void unite(Flags& into, const Flags& from) {
  for (std::size_t c = 0; c < into.size(); ++c) into[c] |= from[c];
}

/// What both sweeps walk over.
class Paths {
 public:
  Paths(const Network& network, const Masks& masks)
      : network_(network), inputs_(input_nodes(network)), outputs_(extents(network)) {
    links_.resize(network.nodes.size());
    for (const TensorSpec& spec : tensor_specs(network))
      if (spec.role == Role::kWeight) links_[spec.node] = links_of(spec, find(masks, spec.name));
    sweep_forward();
    sweep_backward();
  }

  /// Whether weights between these channels of a node lie on a path, if kept.
  bool alive(std::size_t node, std::int64_t out, std::int64_t in) const {
    return needed_[node][static_cast<std::size_t>(out)] &&
           reached_at(inputs_[node][0])[static_cast<std::size_t>(in)];
  }

 private:
  const Flags& reached_at(std::size_t index) const { return index == kImage ? image_ : reached_[index]; }

  void sweep_forward() {
    image_.assign(static_cast<std::size_t>(network_.input.channels), 1);
    for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
      const Flags& in = reached_at(inputs_[i][0]);
      Flags out(static_cast<std::size_t>(outputs_[i].channels), 0);
      switch (network_.nodes[i].op) {
        case Op::kConv:
        case Op::kLinear:
          for (std::size_t o = 0; o < out.size(); ++o)
            for (std::size_t c = 0; c < in.size() && !out[o]; ++c) out[o] = in[c] && links_[i].at(o, c);
          break;
        case Op::kFlatten:
          for (std::size_t f = 0; f < out.size(); ++f) out[f] = in[f / (out.size() / in.size())];
          break;
        default:
          for (const std::size_t input : inputs_[i]) unite(out, reached_at(input));
      }
      reached_.push_back(std::move(out));
    }
  }

  void sweep_backward() {
    for (const Extent& extent : outputs_) needed_.emplace_back(static_cast<std::size_t>(extent.channels), 0);
    std::fill(needed_.back().begin(), needed_.back().end(), 1);
    for (std::size_t i = network_.nodes.size(); i-- > 0;) {
      const Flags& out = needed_[i];
      Flags in(reached_at(inputs_[i][0]).size(), 0);
      switch (network_.nodes[i].op) {
        case Op::kConv:
        case Op::kLinear:
          for (std::size_t o = 0; o < out.size(); ++o)
            for (std::size_t c = 0; c < in.size() && out[o]; ++c)
              if (links_[i].at(o, c)) in[c] = 1;
          break;
        case Op::kFlatten:
          for (std::size_t f = 0; f < out.size(); ++f) in[f / (out.size() / in.size())] |= out[f];
          break;
        default: in = out;
      }
      for (const std::size_t input : inputs_[i])
        if (input != kImage) unite(needed_[input], in);
    }
  }

  const Network& network_;
  std::vector<std::vector<std::size_t>> inputs_;
  std::vector<Extent> outputs_;
  std::vector<Links> links_;
  Flags image_;
  std::vector<Flags> reached_, needed_;
};

/// The tensor of each mask. Throws BadInput where a mask is not one of this network's.
std::vector<TensorSpec> masked_tensors(const Network& network, const Masks& masks) {
  const std::vector<TensorSpec> all = tensor_specs(network);
  std::vector<TensorSpec> masked;
  for (const NamedMask& mask : masks) {
    const auto spec = std::find_if(all.begin(), all.end(), [&](const TensorSpec& candidate) {
      return candidate.role == Role::kWeight && candidate.name == mask.name;
    });
    if (spec == all.end() || spec->shape != mask.mask.shape())
      throw BadInput(fmt::format("the mask '{}' fits no weight of network '{}'; is it another network's?",
                                 mask.name, network.name));
    masked.push_back(*spec);
  }
  return masked;
}

}  // namespace

Masks effective_masks(const Network& network, const Masks& masks) {
  const std::vector<TensorSpec> tensors = masked_tensors(network, masks);
  const Paths paths(network, masks);
  Masks effective = masks;
  for (std::size_t m = 0; m < masks.size(); ++m) {
    const std::int64_t out = tensors[m].shape[0], in = tensors[m].shape[1];
    const std::int64_t window = masks[m].mask.size() / (out * in);
    for (std::int64_t pair = 0; pair < out * in; ++pair) {
      if (paths.alive(tensors[m].node, pair / in, pair % in)) continue;
      for (std::int64_t k = 0; k < window; ++k) effective[m].mask.set(pair * window + k, false);
    }
  }
  return effective;
}

Density density(const Network& network, const Masks& masks) {
  Density result;
  result.prunable = prunable(masks);
  result.kept = kept(masks);
  std::int64_t trainable = 0;
  for (const TensorSpec& spec : tensor_specs(network))
    if (spec.trainable()) trainable += element_count(spec.shape);
  const auto fraction = [](std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  result.of_prunable = fraction(result.kept, result.prunable);
  result.of_total = fraction(trainable - result.prunable + result.kept, trainable);
  result.effective = fraction(kept(effective_masks(network, masks)), result.prunable);
  return result;
}

}  // namespace coppice
