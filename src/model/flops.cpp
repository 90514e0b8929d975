// What a pass costs, in floating-point operations of the linear and convolution nodes (2 for a multiply-add);
// everything else is small beside them and bound by memory instead.
#include "coppice/network.h"

#include <algorithm>

#include "model/graph.h"

namespace coppice {

std::vector<double> forward_flops(const Network& network) {
  const std::vector<Extent> inputs = input_extents(network), outputs = extents(network);
  std::vector<double> flops(network.nodes.size(), 0.0);
  for (std::size_t i = 0; i < flops.size(); ++i) {
    const Node& node = network.nodes[i];
    if (node.op != Op::kConv && node.op != Op::kLinear) continue;
    const auto window = node.op == Op::kConv ? static_cast<double>(node.kernel * node.kernel) : 1.0;
    flops[i] = 2 * static_cast<double>(inputs[i].channels) * window * static_cast<double>(outputs[i].size());
  }
  return flops;
}

double training_flops(const Network& network) {
  const std::vector<double> forward = forward_flops(network);
  const auto inputs = input_nodes(network);
  // Whether anything trainable stands at or before a node: only then does a gradient have to come back to it.
  std::vector<bool> trained(network.nodes.size());
  double total = 0;
  for (std::size_t i = 0; i < forward.size(); ++i) {
    const Op op = network.nodes[i].op;
    const bool input_trained = std::any_of(inputs[i].begin(), inputs[i].end(), [&](std::size_t input) {
      return input != kImage && trained[input];
    });
    trained[i] = input_trained || op == Op::kConv || op == Op::kLinear || op == Op::kBatchNorm;
    total += forward[i] * (input_trained ? 3 : 2);
  }
  return total;
}

}  // namespace coppice
