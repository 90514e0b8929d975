// One walk over the nodes in order. A node either becomes a step of its own or is taken along by the step
// that feeds it; the latter needs that nobody else reads what that step makes.
#include <algorithm>

#include <fmt/format.h>

#include "model/graph.h"
#include "sparse/checks.h"
#include "sparse/fold.h"
#include "sparse/program.h"
#include "sparse/readers.h"

namespace coppice {

namespace {

using Kind = Step::Kind;

class Compiler {
 public:
  Compiler(const Network& network, const Tensors& tensors)
      : network_(network), tensors_(tensors), extents_(extents(network)), readers_(readers_of(network)) {
    program_.values.push_back({"x", network.input.channels, network.input.height, network.input.width});
    affine_.emplace_back();
    value_.resize(network.nodes.size());
    for (std::size_t i = 0; i < network.nodes.size(); ++i)
      if (!readers_.passes[i]) add_node(i);
    if (readers_.output == kImage) append(Kind::kAdd, network.nodes.size() - 1, {0});
  }

  Program finish() {
    number_by_step();
    for (Step& step : program_.steps) {
      if (step.kind == Kind::kLayer || step.kind == Kind::kAffine)
        fill_step(step, affine_[step.output], tensors_);
      if (step.kind != Kind::kLayer) continue;
      step.layer.relu = step.relu;
      step.layer.residual = step.inputs.size() == 2;
      std::int64_t& halo = program_.values[step.inputs[0]].halo;
      halo = std::max(halo, step.layer.shape.padding);
    }
    while (match_residual_halos()) {
    }
    return std::move(program_);
  }

 private:
  /// A residual lies as the output does that it is added to. Returns whether a halo had to grow for that.
  bool match_residual_halos() {
    bool grown = false;
    for (const Step& step : program_.steps) {
      if (step.kind != Kind::kLayer || !step.layer.residual) continue;
      std::int64_t& residual = program_.values[step.inputs[1]].halo;
      std::int64_t& output = program_.values[step.output].halo;
      grown |= residual != output;
      residual = output = std::max(residual, output);
    }
    return grown;
  }

  void add_node(std::size_t i) {
    switch (network_.nodes[i].op) {
      case Op::kConv:
      case Op::kLinear: return add_layer(i);
      case Op::kBatchNorm: return add_norm(i);
      case Op::kRelu: return add_relu(i);
      case Op::kAdd: return add_sum(i);
      case Op::kMaxPool: return add_pool(i, Kind::kMaxPool);
      case Op::kAvgPool:
      case Op::kGlobalAvgPool: return add_pool(i, Kind::kAvgPool);
      case Op::kFlatten:
        if (readers_.flat_uses[i] > 0) append(Kind::kFlatten, i, {input(i)});
        return;
      case Op::kDropout: return;  // passes
    }
  }

  void add_layer(std::size_t i) {
    const Node& node = network_.nodes[i];
    const std::size_t before = readers_.inputs[i][0];
    const bool flattened = before != kImage && network_.nodes[before].op == Op::kFlatten;
    const std::size_t read = flattened ? input(before) : input(i);
    const Value& in = program_.values[read];
    kernels::LayerShape shape{.outputs = node.out,
                              .channels = in.channels,
                              .height = in.height,
                              .width = in.width,
                              .kernel_height = in.height,
                              .kernel_width = in.width};
    if (node.op == Op::kConv) {
      shape.kernel_height = shape.kernel_width = node.kernel;
      shape.stride = node.stride;
      shape.padding = node.padding;
      shape.dilation = node.dilation;
    }
    Step& step = append(Kind::kLayer, i, {read});
    step.layer.shape = shape;
    step.weight = node.name + ".weight";
    affine_[step.output] = bias_of(node, tensors_);
  }

  void add_norm(std::size_t i) {
    const Affine norm = batch_norm(tensors_, network_.nodes[i].name);
    Step* feeder = only_feeder(i);
    const bool folds = feeder && (feeder->kind == Kind::kLayer || feeder->kind == Kind::kAffine) &&
                       !feeder->relu && feeder->inputs.size() == 1;
    if (folds) {
      affine_[feeder->output] = then(affine_[feeder->output], norm);
      take(i, *feeder);
    } else {
      affine_[append(Kind::kAffine, i, {input(i)}).output] = norm;
    }
  }

  void add_relu(std::size_t i) {
    Step* feeder = only_feeder(i);
    if (feeder && feeder->kind != Kind::kFlatten)
      take(i, *feeder);
    else
      feeder = &append(Kind::kAdd, i, {input(i)});
    feeder->relu = true;
  }

  void add_sum(std::size_t i) {
    std::vector<std::size_t> inputs;
    for (std::size_t k = 0; k < readers_.inputs[i].size(); ++k) inputs.push_back(input(i, k));
    Step* taker = nullptr;
    std::size_t addend = 0;
    for (std::size_t k = 0; k < inputs.size() && inputs.size() == 2; ++k) {
      Step* feeder = only_feeder(i, k);
      if (!feeder || feeder->kind != Kind::kLayer || feeder->relu || feeder->inputs.size() != 1) continue;
      if (taker && feeder < taker) continue;
      taker = feeder;
      addend = inputs[1 - k];
    }
    if (!taker) {
      append(Kind::kAdd, i, std::move(inputs));
      return;
    }
    taker->inputs.push_back(addend);
    take(i, *taker);
    // Nobody has read the layer yet: it can wait for what it adds.
    const auto at = program_.steps.begin() + (taker - program_.steps.data());
    if (addend != 0 && &maker(addend) > taker) std::rotate(at, at + 1, program_.steps.end());
  }

  void add_pool(std::size_t i, Kind kind) {
    const Node& node = network_.nodes[i];
    const Value in = program_.values[input(i)];
    Step& step = append(kind, i, {input(i)});
    const bool global = node.op == Op::kGlobalAvgPool;
    step.kernel_height = global ? in.height : node.kernel;
    step.kernel_width = global ? in.width : node.kernel;
    step.stride = global ? 1 : node.stride;
    step.padding = node.padding;
  }

  /// The value that a node reads.
  std::size_t input(std::size_t i, std::size_t k = 0) const {
    const std::size_t source = readers_.inputs[i][k];
    return source == kImage ? 0 : value_[source];
  }

  Step& maker(std::size_t value) { return *std::ranges::find(program_.steps, value, &Step::output); }

  /// The step that feeds a node and nothing else; null where there is none.
  Step* only_feeder(std::size_t i, std::size_t k = 0) {
    const std::size_t source = readers_.inputs[i][k];
    return source == kImage || readers_.uses[source] != 1 ? nullptr : &maker(value_[source]);
  }

  Step& append(Kind kind, std::size_t i, std::vector<std::size_t> inputs) {
    const Extent& out = extents_[i];
    Step& step = program_.steps.emplace_back();
    step.kind = kind;
    step.name = network_.nodes[i].name;
    step.inputs = std::move(inputs);
    step.output = value_[i] = program_.values.size();
    program_.values.push_back({step.name, out.channels, out.height, out.width});
    affine_.emplace_back();
    return step;
  }

  /// Lets a step do a node's work as well.
  void take(std::size_t i, const Step& step) {
    value_[i] = step.output;
    program_.values[step.output].name = network_.nodes[i].name;
  }

  /// Values are numbered as they were made; steps may have moved since.
  void number_by_step() {
    std::vector<std::size_t> number(program_.values.size(), 0);
    std::vector<Value> values = {program_.values[0]};
    std::vector<Affine> affine = {{}};
    for (Step& step : program_.steps) {
      number[step.output] = values.size();
      values.push_back(std::move(program_.values[step.output]));
      affine.push_back(std::move(affine_[step.output]));
      for (std::size_t& read : step.inputs) read = number[read];
      step.output = number[step.output];
    }
    program_.values = std::move(values);
    affine_ = std::move(affine);
  }

  const Network& network_;
  const Tensors& tensors_;
  std::vector<Extent> extents_;
  Readers readers_;
  Program program_;
  std::vector<std::size_t> value_;  ///< By node: the value that holds its output.
  std::vector<Affine> affine_;      ///< By value, of layers and kAffine: what their step does per channel.
};

}  // namespace

Program compile_program(const Network& network, const Tensors& tensors) {
  const std::string where = fmt::format("network '{}', made ready for inference", network.name);
  check_tensors(network, tensors, where);
  check_finite(tensors, where);
  return Compiler(network, tensors).finish();
}

}  // namespace coppice
