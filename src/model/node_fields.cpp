#include "model/node_fields.h"

#include <array>

#include <fmt/format.h>

namespace coppice {

namespace {

struct OpRow {
  Op op;
  std::string_view name;
  std::vector<std::string_view> fields;
};

/// The one place that says which fields an operation has.
const std::vector<OpRow>& op_rows() {
  static const std::vector<OpRow> rows = {
      {Op::kConv, "conv", {"out", "kernel", "stride", "padding", "dilation", "bias"}},
      {Op::kLinear, "linear", {"out", "bias"}},
      {Op::kBatchNorm, "batch_norm", {}},
      {Op::kRelu, "relu", {}},
      {Op::kMaxPool, "max_pool", {"kernel", "stride", "padding"}},
      {Op::kAvgPool, "avg_pool", {"kernel", "stride", "padding"}},
      {Op::kGlobalAvgPool, "global_avg_pool", {}},
      {Op::kFlatten, "flatten", {}},
      {Op::kAdd, "add", {}},
      {Op::kDropout, "dropout", {"rate"}},
  };
  return rows;
}

const OpRow& row_of(Op op) { return op_rows()[static_cast<std::size_t>(op)]; }

constexpr std::array<SizeField, 5> kSizeFields = {{{"out", &Node::out, 0, 1},
                                                   {"kernel", &Node::kernel, 0, 1},
                                                   {"stride", &Node::stride, 0, 1},
                                                   {"padding", &Node::padding, 0, 0},
                                                   {"dilation", &Node::dilation, 1, 1}}};

}  // namespace

std::string_view op_name(Op op) { return row_of(op).name; }

std::span<const SizeField> size_fields() { return kSizeFields; }

bool uses_field(Op op, std::string_view field) {
  for (const std::string_view name : row_of(op).fields)
    if (name == field) return true;
  return false;
}

std::vector<std::string> field_names(Op op) {
  std::vector<std::string> names = {"op", "name", "inputs"};
  for (const std::string_view name : row_of(op).fields) names.emplace_back(name);
  return names;
}

std::vector<std::string> op_names() {
  std::vector<std::string> names;
  for (const OpRow& row : op_rows()) names.emplace_back(row.name);
  return names;
}

bool find_op(std::string_view name, Op& op) {
  for (const OpRow& row : op_rows()) {
    if (row.name != name) continue;
    op = row.op;
    return true;
  }
  return false;
}

std::string layer_text(const Network& network, const Node& node) {
  return fmt::format("network '{}', layer '{}' ({}): ", network.name, node.name, op_name(node.op));
}

std::string extent_text(const Extent& extent) {
  return extent.flat ? fmt::format("{} features", extent.channels)
                     : fmt::format("{}x{}x{}", extent.channels, extent.height, extent.width);
}

}  // namespace coppice
