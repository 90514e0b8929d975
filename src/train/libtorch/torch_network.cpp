#include "train/libtorch/torch_network.h"

#include "coppice/error.h"

#include "train/libtorch/torch_norm.h"

namespace coppice {

TorchNetwork::TorchNetwork(const Network& network, bool own_norm)
    : network_(network), specs_(tensor_specs(network)), first_tensor_(network.nodes.size(), kNone) {
  for (std::size_t i = specs_.size(); i-- > 0;) first_tensor_[specs_[i].node] = i;
  for (const Node& node : network.nodes) has_convolutions_ |= node.op == Op::kConv;
  plan(own_norm);
}

at::Tensor TorchNetwork::run(const at::Tensor& images, const std::vector<at::Tensor>& tensors,
                             const Dropout* dropout, const Witness* witness) const {
  std::vector<at::Tensor> values(network_.nodes.size() + 1);
  values[0] = images;
  for (const Call& call : calls_) {
    values[call.node + 1] = compute(call, values, tensors, dropout);
    const Op op = network_.nodes[call.node].op;
    if (witness && (op == Op::kConv || op == Op::kLinear))
      (*witness)(call.node, values[call.inputs[0]], values[call.node + 1]);
    for (const std::size_t value : call.spent) values[value] = at::Tensor();
  }
  return values.back();
}

at::Tensor TorchNetwork::normalise(const Call& call, const std::vector<at::Tensor>& values,
                                   const std::vector<at::Tensor>& tensors, bool training) const {
  const std::size_t node = call.norm == kNone ? call.node : call.norm;
  const std::size_t first = first_tensor_[node];
  const NormTensors norm{tensors[first], tensors[first + 1], tensors[first + 2], tensors[first + 3]};
  if (training) ++*tensors[first + 4].mutable_data_ptr<std::int64_t>();
  const at::Tensor& x = values[call.inputs[0]];
  if (call.norm != kNone) {
    return fused_norm(x, norm, call.inputs.size() > 1 ? values[call.inputs[1]] : at::Tensor(), call.relu,
                      training);
  }
  return at::batch_norm(x, norm.weight, norm.bias, norm.running_mean, norm.running_var, training,
                        kNormMomentum, kNormEpsilon, /*cudnn_enabled=*/true);
}

at::Tensor TorchNetwork::compute(const Call& call, std::vector<at::Tensor>& values,
                                 const std::vector<at::Tensor>& tensors, const Dropout* dropout) const {
  const Node& node = network_.nodes[call.node];
  const bool training = dropout != nullptr;
  if (call.norm != kNone || node.op == Op::kBatchNorm) return normalise(call, values, tensors, training);

  at::Tensor& x = values[call.inputs[0]];
  const std::size_t first = first_tensor_[call.node];
  const auto bias = [&] { return node.bias ? tensors[first + 1] : at::Tensor(); };
  switch (node.op) {
    case Op::kConv:
      return at::conv2d(x, tensors[first], bias(), {node.stride, node.stride}, {node.padding, node.padding},
                        {node.dilation, node.dilation});
    case Op::kLinear: return at::linear(x, tensors[first], bias());
    case Op::kRelu: return call.in_place ? x.relu_() : x.relu();
    case Op::kMaxPool:
      return at::max_pool2d(x, {node.kernel, node.kernel}, {node.stride, node.stride},
                            {node.padding, node.padding});
    case Op::kAvgPool:
      return at::avg_pool2d(x, {node.kernel, node.kernel}, {node.stride, node.stride},
                            {node.padding, node.padding});
    case Op::kGlobalAvgPool: return x.mean({2, 3});
    case Op::kFlatten: return x.flatten(1);
    case Op::kAdd: {
      at::Tensor sum = call.in_place ? x.add_(values[call.inputs[1]]) : x + values[call.inputs[1]];
      for (std::size_t i = 2; i < call.inputs.size(); ++i) sum.add_(values[call.inputs[i]]);
      return sum;
    }
    case Op::kDropout:
      if (!training || node.rate == 0) return x;
      return x * (*dropout)(node, x.sizes());
    case Op::kBatchNorm: break;
  }
  throw Failure("internal: an operation that LibTorch does not run");
}

}  // namespace coppice
