// In what order and how a network's nodes are executed: which BatchNorms take the addition and ReLU behind
// them into their sweeps, which operations may write over their input, and when a value can be let go.
#include <algorithm>
#include <map>
#include <set>

#include "train/libtorch/torch_network.h"

namespace coppice {

namespace {

/// For each node the values it reads: 0 is the image, i + 1 node i.
std::vector<std::vector<std::size_t>> inputs_of(const Network& network) {
  std::map<std::string, std::size_t> value = {{"x", 0}};
  std::vector<std::vector<std::size_t>> inputs;
  for (const Node& node : network.nodes) {
    std::vector<std::size_t> read;
    for (const std::string& name : node.inputs) read.push_back(value.at(name));
    inputs.push_back(std::move(read));
    value.emplace(node.name, inputs.size());
  }
  return inputs;
}

/// Whether an operation owns its output and does not look at it again for its gradient. (A ReLU does;
/// flatten, and dropout in evaluation, may hand on their input itself.)
bool gives_up_output(Op op) { return op != Op::kRelu && op != Op::kFlatten && op != Op::kDropout; }

}  // namespace

void TorchNetwork::plan(bool own_norm) {
  const std::vector<Node>& nodes = network_.nodes;
  const auto inputs = inputs_of(network_);
  std::vector<std::size_t> uses(nodes.size() + 1, 0);
  for (const auto& read : inputs) {
    for (const std::size_t value : read) ++uses[value];
  }
  const auto only_reader = [&](std::size_t value, Op op) {
    return value > 0 && uses[value] == 1 && nodes[value - 1].op == op;
  };

  // Ends of fused runs, last node first, so that a ReLU takes the addition and its BatchNorm along.
  std::set<std::size_t> absorbed;
  std::map<std::size_t, Call> fused;
  for (std::size_t i = nodes.size(); own_norm && i-- > 0;) {
    if (absorbed.contains(i)) continue;
    Call call{.node = i};
    std::size_t end = i;
    std::vector<std::size_t> taken;
    if (nodes[i].op == Op::kRelu) {
      call.relu = true;
      const std::size_t input = inputs[i][0];
      if (!only_reader(input, Op::kBatchNorm) && !only_reader(input, Op::kAdd)) continue;
      end = input - 1;
      taken.push_back(end);
    }
    if (nodes[end].op == Op::kBatchNorm) {
      call.norm = end;
      call.inputs = inputs[end];
    } else if (nodes[end].op == Op::kAdd && inputs[end].size() == 2) {
      for (const std::size_t side : {0, 1}) {
        const std::size_t value = inputs[end][side];
        if (!only_reader(value, Op::kBatchNorm)) continue;
        call.norm = value - 1;
        call.inputs = {inputs[value - 1][0], inputs[end][1 - side]};
        taken.push_back(value - 1);
        break;
      }
    }
    if (call.norm == kNone) continue;
    absorbed.insert(taken.begin(), taken.end());
    fused.emplace(i, std::move(call));
  }

  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (absorbed.contains(i)) continue;
    if (const auto found = fused.find(i); found != fused.end()) {
      calls_.push_back(found->second);
      continue;
    }
    Call call{.node = i, .inputs = inputs[i]};
    if (nodes[i].op == Op::kRelu || nodes[i].op == Op::kAdd) {
      const auto free = std::find_if(call.inputs.begin(), call.inputs.end(), [&](std::size_t value) {
        return value > 0 && uses[value] == 1 && gives_up_output(nodes[value - 1].op);
      });
      call.in_place = free != call.inputs.end();
      if (call.in_place) std::iter_swap(call.inputs.begin(), free);
    }
    calls_.push_back(std::move(call));
  }

  std::set<std::size_t> needed = {nodes.size()};
  for (std::size_t i = calls_.size(); i-- > 0;) {
    for (const std::size_t value : calls_[i].inputs) {
      if (needed.insert(value).second) calls_[i].spent.push_back(value);
    }
  }
}

}  // namespace coppice
