#include "model/builder.h"

#include <algorithm>
#include <cmath>

namespace coppice {

Builder::Builder(std::string_view name, Extent image, std::int64_t classes, double width)
    : network_{std::string(name), image, classes, {}}, width_(width) {}

std::int64_t Builder::hidden(std::int64_t n) const {
  return std::max<std::int64_t>(1, std::llround(width_ * static_cast<double>(n)));
}

std::string Builder::push(Node node, std::string from) {
  if (!from.empty()) node.inputs = {std::move(from)};
  network_.nodes.push_back(std::move(node));
  return last();
}

std::string Builder::conv(std::string name, std::int64_t out, Window window, std::string from) {
  Node node{.op = Op::kConv, .name = std::move(name), .inputs = {}};
  node.out = out;
  node.kernel = window.kernel;
  node.stride = window.stride;
  node.padding = window.padding;
  node.bias = window.bias;
  return push(std::move(node), std::move(from));
}

std::string Builder::linear(std::string name, std::int64_t out) {
  Node node{.op = Op::kLinear, .name = std::move(name), .inputs = {}};
  node.out = out;
  return push(std::move(node), "");
}

std::string Builder::max_pool(std::string name, std::int64_t kernel) {
  Node node{.op = Op::kMaxPool, .name = std::move(name), .inputs = {}};
  node.kernel = kernel;
  return push(std::move(node), "");
}

std::string Builder::add(std::string name, std::string a, std::string b) {
  return push({.op = Op::kAdd, .name = std::move(name), .inputs = {std::move(a), std::move(b)}}, "");
}

std::string Builder::plain(Op op, std::string name, std::string from) {
  return push({.op = op, .name = std::move(name), .inputs = {}}, std::move(from));
}

}  // namespace coppice
