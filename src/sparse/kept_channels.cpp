// Channels that have to go together form groups: an operation by channel ties its output's channel to its
// input's, an addition all of its inputs', a flatten a channel to all features made from it. Only linear and
// convolution nodes start groups of their own.
#include <numeric>

#include "model/graph.h"
#include "sparse/liveness.h"

namespace coppice {

namespace {

/// Disjoint sets over all channels of all nodes and of the image.
class Groups {
 public:
  explicit Groups(const Network& network) : network_(network) {
    const std::vector<Extent> outputs = extents(network);
    const auto inputs = input_nodes(network);
    std::size_t count = static_cast<std::size_t>(network.input.channels);
    for (const Extent& extent : outputs) {
      first_.push_back(count);
      count += static_cast<std::size_t>(extent.channels);
    }
    parent_.resize(count);
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Op op = network.nodes[i].op;
      if (op == Op::kConv || op == Op::kLinear) continue;
      const auto channels = static_cast<std::size_t>(outputs[i].channels);
      for (const std::size_t input : inputs[i]) {
        const Extent& in = input == kImage ? network.input : outputs[input];
        const std::size_t repeat = channels / static_cast<std::size_t>(in.channels);  // 1 but for flatten
        for (std::size_t c = 0; c < channels; ++c) parent_[find(id(i, c))] = find(id(input, c / repeat));
      }
    }
  }

  std::size_t of(std::size_t node, std::size_t channel) { return find(id(node, channel)); }
  std::size_t count() const { return parent_.size(); }

 private:
  std::size_t id(std::size_t node, std::size_t channel) const {
    return node == kImage ? channel : first_[node] + channel;
  }
  std::size_t find(std::size_t one) {
    while (parent_[one] != one) one = parent_[one] = parent_[parent_[one]];
    return one;
  }

  const Network& network_;
  std::vector<std::size_t> first_;  ///< By node; the image's begin at 0.
  std::vector<std::size_t> parent_;
};

}  // namespace

std::vector<Flags> kept_channels(const Network& network, const std::vector<Flags>& live) {
  Groups groups(network);
  Flags keep(groups.count(), 0);  // by group
  for (std::size_t c = 0; c < static_cast<std::size_t>(network.input.channels); ++c)
    keep[groups.of(kImage, c)] = 1;
  for (std::size_t i = 0; i < live.size(); ++i)
    for (std::size_t c = 0; c < live[i].size(); ++c)
      if (live[i][c] || i + 1 == live.size()) keep[groups.of(i, c)] = 1;

  std::vector<Flags> kept;
  for (std::size_t i = 0; i < live.size(); ++i) {
    bool any = false;
    for (std::size_t c = 0; c < live[i].size() && !any; ++c) any = keep[groups.of(i, c)];
    if (!any) keep[groups.of(i, 0)] = 1;
  }
  for (std::size_t i = 0; i < live.size(); ++i) {
    Flags& flags = kept.emplace_back();
    for (std::size_t c = 0; c < live[i].size(); ++c) flags.push_back(keep[groups.of(i, c)]);
  }
  return kept;
}

}  // namespace coppice
