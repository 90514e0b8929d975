// The parameters and buffers that a network's nodes own, under the names and in the order that PyTorch gives
// them.
#include "coppice/error.h"
#include "coppice/network.h"

#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "model/graph.h"

namespace coppice {

namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace

std::vector<TensorSpec> tensor_specs(const Network& network) {
  const std::vector<Extent> inputs = input_extents(network);
  std::vector<TensorSpec> specs;
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    const Node& node = network.nodes[i];
    const std::int64_t in = inputs[i].channels;
    const auto add = [&](const char* suffix, std::vector<std::int64_t> shape, Role role) {
      const DType dtype = role == Role::kBatchCount ? DType::kI64 : DType::kF32;
      specs.push_back({node.name + "." + suffix, std::move(shape), dtype, role, i});
    };
    if (node.op == Op::kConv || node.op == Op::kLinear) {
      if (node.op == Op::kConv)
        add("weight", {node.out, in, node.kernel, node.kernel}, Role::kWeight);
      else
        add("weight", {node.out, in}, Role::kWeight);
      if (node.bias) add("bias", {node.out}, Role::kBias);
    } else if (node.op == Op::kBatchNorm) {
      add("weight", {in}, Role::kScale);
      add("bias", {in}, Role::kShift);
      add("running_mean", {in}, Role::kRunningMean);
      add("running_var", {in}, Role::kRunningVar);
      add("num_batches_tracked", {}, Role::kBatchCount);
    }
  }
  return specs;
}

std::vector<TensorSpec> prunable_tensors(const Network& network, const std::vector<std::string>& exclude) {
  std::vector<TensorSpec> weights;
  std::vector<std::string> names;
  for (TensorSpec& spec : tensor_specs(network)) {
    if (spec.role != Role::kWeight) continue;
    names.push_back(network.nodes[spec.node].name);
    weights.push_back(std::move(spec));
  }
  std::vector<bool> excluded(weights.size(), false);
  for (const std::string& pattern : exclude) {
    bool matched = false;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (!matches_glob(pattern, names[i]) && !matches_glob(pattern, weights[i].name)) continue;
      excluded[i] = matched = true;
    }
    if (!matched)
      throw BadInput(fmt::format(
          "'{}' matches no linear or convolution layer of network '{}'{} (layers with weights: {})", pattern,
          network.name, did_you_mean(pattern, names), join(names, ", ")));
  }
  std::vector<TensorSpec> kept;
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (!excluded[i]) kept.push_back(std::move(weights[i]));
  if (kept.empty())
    throw BadInput(
        fmt::format("network '{}': no weight is left to prune{}", network.name,
                    exclude.empty() ? "; it has no linear or convolution layer" : "; exclude fewer layers"));
  return kept;
}

void check_tensors(const Network& network, const Tensors& tensors, const std::string& where) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : tensor_specs(network)) {
    names.push_back(spec.name);
    const auto found = tensors.find(spec.name);
    if (found == tensors.end())
      throw BadInput(
          fmt::format("{}: lacks the tensor '{}' of network '{}'", where, spec.name, network.name));
    const Tensor& tensor = found->second;
    if (tensor.shape != spec.shape)
      throw BadInput(fmt::format("{}: the tensor '{}' has shape {}, but network '{}' needs {}", where,
                                 spec.name, shape_text(tensor.shape), network.name, shape_text(spec.shape)));
    if (tensor.dtype != spec.dtype)
      throw BadInput(fmt::format("{}: the tensor '{}' holds {}, but network '{}' needs {}", where, spec.name,
                                 dtype_name(tensor.dtype), network.name, dtype_name(spec.dtype)));
    if (tensor.bytes.size() != static_cast<std::size_t>(tensor.size()) * size_of(tensor.dtype))
      throw BadInput(fmt::format("{}: the tensor '{}' holds {} bytes, which is not what its shape {} takes",
                                 where, spec.name, tensor.bytes.size(), shape_text(tensor.shape)));
  }
  const std::set<std::string> known(names.begin(), names.end());
  for (const auto& [name, unused] : tensors)
    if (!known.contains(name))
      throw BadInput(fmt::format("{}: the tensor '{}' does not belong to network '{}'{}", where, name,
                                 network.name, did_you_mean(name, names)));
}

}  // namespace coppice
