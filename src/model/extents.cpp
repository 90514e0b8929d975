// Shape inference: what flows out of each node, from what flows in. Sizes follow PyTorch: windows that do not
// fit whole are dropped (floor mode), flatten runs over channel, row, column.
#include "coppice/error.h"
#include "coppice/network.h"

#include <initializer_list>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "model/graph.h"
#include "model/node_fields.h"

namespace coppice {

namespace {

/// Feature maps and weights beyond this (1 TiB of floats) are taken for mistakes.
constexpr double kMostElements = 0x1p38;

void check_elements(const Network& network, const Node& node, std::initializer_list<std::int64_t> shape,
                    std::string_view what) {
  double count = 1;  // of any size, where an integer would overflow
  for (const std::int64_t extent : shape) count *= static_cast<double>(extent);
  if (count > kMostElements)
    throw BadInput(fmt::format("{}its {} would have {:.3g} elements; check its sizes",
                               layer_text(network, node), what, count));
}

/// Positions of a window along one side of the input.
std::int64_t positions(const Network& network, const Node& node, const Extent& in, std::int64_t side) {
  const std::int64_t window = node.dilation * (node.kernel - 1) + 1;
  const std::int64_t room = side + 2 * node.padding - window;
  if (room < 0)
    throw BadInput(fmt::format(
        "{}a window of {} does not fit its input of {} with padding {}: the image ({}) is too small for "
        "this network",
        layer_text(network, node), window, extent_text(in), node.padding, extent_text(network.input)));
  return room / node.stride + 1;
}

void require_image(const Network& network, const Node& node, const Extent& in) {
  if (in.flat)
    throw BadInput(
        fmt::format("{}needs an image (channels x height x width) but '{}' gives {}; move it before "
                    "the flatten or global_avg_pool",
                    layer_text(network, node), node.inputs[0], extent_text(in)));
}

Extent output_extent(const Network& network, const Node& node, const std::vector<Extent>& inputs) {
  const Extent& in = inputs[0];
  switch (node.op) {
    case Op::kConv:
      require_image(network, node, in);
      check_elements(network, node, {node.out, in.channels, node.kernel, node.kernel}, "weight");
      return {node.out, positions(network, node, in, in.height), positions(network, node, in, in.width),
              false};
    case Op::kMaxPool:
    case Op::kAvgPool:
      require_image(network, node, in);
      return {in.channels, positions(network, node, in, in.height), positions(network, node, in, in.width),
              false};
    case Op::kGlobalAvgPool: require_image(network, node, in); return {in.channels, 1, 1, true};
    case Op::kFlatten: return {in.size(), 1, 1, true};
    case Op::kLinear:
      if (!in.flat)
        throw BadInput(fmt::format("{}needs a flat input but '{}' gives {}; insert a flatten before it",
                                   layer_text(network, node), node.inputs[0], extent_text(in)));
      check_elements(network, node, {node.out, in.channels}, "weight");
      return {node.out, 1, 1, true};
    case Op::kAdd:
      for (std::size_t i = 1; i < inputs.size(); ++i)
        if (inputs[i] != in)
          throw BadInput(fmt::format("{}adds inputs that differ in size: '{}' gives {}, '{}' gives {}",
                                     layer_text(network, node), node.inputs[0], extent_text(in),
                                     node.inputs[i], extent_text(inputs[i])));
      return in;
    case Op::kBatchNorm:
    case Op::kRelu:
    case Op::kDropout: return in;
  }
  throw Failure("internal: an operation without an extent");
}

const Extent& extent_at(const Network& network, const std::vector<Extent>& outputs, std::size_t index) {
  return index == kImage ? network.input : outputs[index];
}

}  // namespace

std::vector<std::vector<std::size_t>> input_nodes(const Network& network) {
  std::map<std::string_view, std::size_t> index = {{"x", kImage}};
  std::vector<std::vector<std::size_t>> all;
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    const Node& node = network.nodes[i];
    std::vector<std::size_t> inputs;
    for (const std::string& name : node.inputs) {
      const auto found = index.find(name);
      if (found != index.end()) {
        inputs.push_back(found->second);
        continue;
      }
      for (const Node& later : network.nodes)
        if (later.name == name)
          throw BadInput(
              fmt::format("{}its input '{}' does not come before it; layers take earlier ones only, "
                          "so that no cycle arises",
                          layer_text(network, node), name));
      std::vector<std::string> known;
      for (const auto& [other, unused] : index) known.emplace_back(other);
      throw BadInput(fmt::format("{}its input '{}' does not exist{}", layer_text(network, node), name,
                                 did_you_mean(name, known)));
    }
    all.push_back(std::move(inputs));
    index.emplace(node.name, i);
  }
  return all;
}

std::vector<Extent> extents(const Network& network) {
  const auto inputs = input_nodes(network);
  std::vector<Extent> outputs;
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    std::vector<Extent> in;
    for (const std::size_t input : inputs[i]) in.push_back(extent_at(network, outputs, input));
    const Extent out = output_extent(network, network.nodes[i], in);
    check_elements(network, network.nodes[i], {out.channels, out.height, out.width}, "output");
    outputs.push_back(out);
  }
  return outputs;
}

std::vector<Extent> input_extents(const Network& network) {
  const auto inputs = input_nodes(network);
  const auto outputs = extents(network);
  std::vector<Extent> in;
  for (const auto& indices : inputs) in.push_back(extent_at(network, outputs, indices[0]));
  return in;
}

}  // namespace coppice
