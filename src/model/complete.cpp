// From a list as a person writes it to one that everything else can rely on: defaults filled in, and each
// mistake reported by the layer and field that hold it.
#include "coppice/error.h"
#include "coppice/network.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "model/graph.h"
#include "model/node_fields.h"

namespace coppice {

namespace {

void check_header(const Network& network) {
  const Extent& image = network.input;
  const auto fits = [](std::int64_t size) { return size >= 1 && size <= kLargestSize; };
  if (image.flat || !fits(image.channels) || !fits(image.height) || !fits(image.width))
    throw BadInput(
        fmt::format("network '{}': the image ('input') is {}; it must have channels, height and width of "
                    "at least 1 and at most {} (a flat vector of n features is the image n x 1 x 1)",
                    network.name, extent_text(image), kLargestSize));
  if (!fits(network.classes))
    throw BadInput(
        fmt::format("network '{}': 'classes' is {}; it must be at least 1", network.name, network.classes));
  if (network.nodes.empty())
    throw BadInput(fmt::format("network '{}': has no layers; give at least one", network.name));
}

/// A name becomes part of tensor names and Python module paths: words of letters, digits and _, dots between.
bool is_module_path(std::string_view name) {
  bool word = false;
  for (const char c : name) {
    const bool letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!letter && (c != '.' || !word)) return false;
    word = letter;
  }
  return word;
}

void check_names(const Network& network) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    const std::string& name = network.nodes[i].name;
    if (name.empty())
      throw BadInput(fmt::format("network '{}', layer {} of {} ({}): has no 'name'; give it one",
                                 network.name, i + 1, network.nodes.size(), op_name(network.nodes[i].op)));
    const std::string where = layer_text(network, network.nodes[i]);
    if (name == "x") throw BadInput(where + "'x' names the image; choose another name");
    if (!is_module_path(name))
      throw BadInput(where + "a 'name' is made of letters, digits and _, with single dots between words");
    if (!seen.insert(name).second)
      throw BadInput(where + "another layer has the same 'name'; names must be unique");
  }
  // In PyTorch "a.b" lives inside the module "a", which therefore cannot be an operation itself.
  for (const Node& node : network.nodes)
    for (std::size_t dot = node.name.find('.'); dot != std::string::npos; dot = node.name.find('.', dot + 1))
      if (seen.contains(std::string_view(node.name).substr(0, dot)))
        throw BadInput(
            fmt::format("{}its name lies inside that of layer '{}', which would hold both its own tensors "
                        "and this layer's; rename one of them",
                        layer_text(network, node), node.name.substr(0, dot)));
}

void fill_defaults(Network& network) {
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    Node& node = network.nodes[i];
    if (node.inputs.empty()) node.inputs = {i == 0 ? std::string("x") : network.nodes[i - 1].name};
    if (node.stride == 0 && node.op == Op::kConv) node.stride = 1;
    if (node.stride == 0 && uses_field(node.op, "stride")) node.stride = node.kernel;
  }
}

void check_fields(const Network& network, const Node& node) {
  const std::string where = layer_text(network, node);
  const auto refuse_unused = [&](std::string_view field, bool unset) {
    if (!unset) throw BadInput(fmt::format("{}{} has no '{}'; remove it", where, op_name(node.op), field));
  };
  for (const SizeField& field : size_fields()) {
    const std::int64_t value = node.*field.member;
    if (!uses_field(node.op, field.name))
      refuse_unused(field.name, value == field.unset);
    else if (field.lowest > 0 && value == 0)
      throw BadInput(fmt::format("{}needs '{}', at least 1", where, field.name));
    else if (value < field.lowest || value > kLargestSize)
      throw BadInput(fmt::format("{}'{}' is {}; it must be {} to {}", where, field.name, value, field.lowest,
                                 kLargestSize));
  }
  if (!uses_field(node.op, "bias")) refuse_unused("bias", node.bias == Node{}.bias);
  if (!uses_field(node.op, "rate"))
    refuse_unused("rate", node.rate == Node{}.rate);
  else if (!(node.rate >= 0 && node.rate < 1))
    throw BadInput(fmt::format("{}'rate' is {}; it must be at least 0 and less than 1", where, node.rate));
  const bool pool = node.op == Op::kMaxPool || node.op == Op::kAvgPool;
  if (pool && 2 * node.padding > node.kernel)
    throw BadInput(fmt::format("{}'padding' is {}; it must be at most half the kernel ({})", where,
                               node.padding, node.kernel));
  if (node.op == Op::kAdd && node.inputs.size() < 2) throw BadInput(where + "needs two or more 'inputs'");
  if (node.op != Op::kAdd && node.inputs.size() != 1)
    throw BadInput(fmt::format("{}has {} 'inputs' but takes one; sum them with an add layer first", where,
                               node.inputs.size()));
}

void check_used(const Network& network) {
  std::vector<bool> used(network.nodes.size(), false);
  used.back() = true;
  for (const auto& inputs : input_nodes(network))
    for (const std::size_t input : inputs)
      if (input != kImage) used[input] = true;
  const auto idle = std::find(used.begin(), used.end(), false);
  if (idle != used.end())
    throw BadInput(layer_text(network, network.nodes[static_cast<std::size_t>(idle - used.begin())]) +
                   "no later layer uses it, and only the last one is the output; remove it or name it in "
                   "the 'inputs' of another");
}

void check_output(const Network& network, const Extent& out) {
  const Node& last = network.nodes.back();
  const std::string where = layer_text(network, last);
  if (!out.flat)
    throw BadInput(
        fmt::format("{}is the last layer and gives {}, but the output must be flat, one feature for each of "
                    "the {} classes; add a flatten or global_avg_pool, then a linear layer with out = {}",
                    where, extent_text(out), network.classes, network.classes));
  if (out.channels != network.classes)
    throw BadInput(fmt::format("{}is the last layer and gives {}, but there are {} classes; {} out = {}",
                               where, extent_text(out), network.classes,
                               last.op == Op::kLinear ? "set" : "add a linear layer with", network.classes));
}

}  // namespace

Network complete(Network network) {
  check_header(network);
  check_names(network);
  fill_defaults(network);
  for (const Node& node : network.nodes) check_fields(network, node);
  check_used(network);
  check_output(network, extents(network).back());
  return network;
}

}  // namespace coppice
