#include "train/mlp/chain.h"

#include <fmt/format.h>

namespace coppice {

std::vector<LinearSpec> linear_chain(const Network& network, std::string* why) {
  const auto refuse = [&](const Node& node, const char* reason) {
    if (why) *why = fmt::format("node '{}' ({}) {}", node.name, op_name(node.op), reason);
    return std::vector<LinearSpec>();
  };
  std::vector<LinearSpec> layers;
  std::string before = "x";
  std::int64_t features = network.input.size();
  for (const Node& node : network.nodes) {
    if (node.inputs.size() != 1 || node.inputs[0] != before)
      return refuse(node, "does not follow the node before it");
    before = node.name;
    switch (node.op) {
      case Op::kFlatten: break;  // [c, h, w] in memory is already the flat vector
      case Op::kLinear:
        layers.push_back({node.name, features, node.out, node.bias, false});
        features = node.out;
        break;
      case Op::kRelu:
        if (layers.empty()) return refuse(node, "stands before the first linear layer");
        layers.back().relu = true;
        break;
      default: return refuse(node, "is none of flatten, linear, relu");
    }
  }
  if (layers.empty()) {
    if (why) *why = "the network has no linear layer";
  } else if (layers.back().relu) {
    return refuse(network.nodes.back(), "follows the last linear layer");
  }
  return layers;
}

}  // namespace coppice
