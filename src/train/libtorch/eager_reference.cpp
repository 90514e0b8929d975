#include "train/libtorch/eager_reference.h"

#include <algorithm>
#include <map>

#include <ATen/Context.h>
#include <torch/nn.h>
#include <torch/optim.h>

#include "train/libtorch/torch_convert.h"

namespace coppice {

namespace {

namespace nn = torch::nn;

/// The node list over torch::nn modules.
class EagerNetwork : public nn::Module {
 public:
  explicit EagerNetwork(const Network& network) : network_(network) {
    std::map<std::string, Extent> extent_of = {{"x", network.input}};
    const std::vector<Extent> outputs = extents(network);
    for (std::size_t i = 0; i < network.nodes.size(); ++i) {
      const Node& node = network.nodes[i];
      add_module(node, extent_of.at(node.inputs[0]));
      extent_of[node.name] = outputs[i];
    }
    const torch::NoGradGuard no_grad;
    const Tensors initial = initialise(network, "kaiming-normal", "ones", 1);
    for (const TensorSpec& spec : tensor_specs(network)) {
      if (!spec.trainable()) continue;
      const std::string& owner = network.nodes[spec.node].name;
      named_parameters()[module_name(owner) + spec.name.substr(owner.size())].copy_(
          to_torch(initial.at(spec.name)));
    }
  }

  torch::Tensor forward(torch::Tensor images) {
    std::map<std::string, torch::Tensor> values = {{"x", std::move(images)}};
    for (const Node& node : network_.nodes) values[node.name] = run(node, values);
    return values.at(network_.nodes.back().name);
  }

 private:
  /// torch::nn allows no dots in names.
  static std::string module_name(std::string name) {
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
  }

  void add_module(const Node& node, const Extent& in) {
    const auto add = [&](auto module) {
      modules_[node.name] = nn::AnyModule(register_module(module_name(node.name), module));
    };
    if (node.op == Op::kConv) {
      add(nn::Conv2d(nn::Conv2dOptions(in.channels, node.out, node.kernel)
                         .stride(node.stride)
                         .padding(node.padding)
                         .dilation(node.dilation)
                         .bias(node.bias)));
    } else if (node.op == Op::kLinear) {
      add(nn::Linear(nn::LinearOptions(in.channels, node.out).bias(node.bias)));
    } else if (node.op == Op::kBatchNorm && in.flat) {
      add(nn::BatchNorm1d(in.channels));
    } else if (node.op == Op::kBatchNorm) {
      add(nn::BatchNorm2d(in.channels));
    }
  }

  torch::Tensor run(const Node& node, std::map<std::string, torch::Tensor>& values) {
    const torch::Tensor& x = values.at(node.inputs[0]);
    switch (node.op) {
      case Op::kConv:
      case Op::kLinear:
      case Op::kBatchNorm: return modules_.at(node.name).forward(x);
      case Op::kRelu: return torch::relu(x);
      case Op::kMaxPool: return torch::max_pool2d(x, node.kernel, node.stride, node.padding);
      case Op::kAvgPool: return torch::avg_pool2d(x, node.kernel, node.stride, node.padding);
      case Op::kGlobalAvgPool: return torch::adaptive_avg_pool2d(x, {1, 1}).flatten(1);
      case Op::kFlatten: return x.flatten(1);
      case Op::kDropout: return torch::dropout(x, node.rate, is_training());
      case Op::kAdd: break;
    }
    torch::Tensor sum = x + values.at(node.inputs[1]);
    for (std::size_t i = 2; i < node.inputs.size(); ++i) sum = sum + values.at(node.inputs[i]);
    return sum;
  }

  const Network& network_;
  std::map<std::string, nn::AnyModule> modules_;
};

class Reference : public EagerReference {
 public:
  Reference(const Network& network, const Data& data, const TrainConfig& config)
      : batch_(config.batch), model_(network) {
    const auto count = static_cast<std::int64_t>(data.train.size());
    const Extent& image = data.pool.image;
    images_ = torch::empty({count, image.channels, image.height, image.width});
    labels_ = torch::empty({count}, torch::kLong);
    gather(data, Split::kTrain, data.train, {}, images_.mutable_data_ptr<float>());
    for (std::size_t i = 0; i < data.train.size(); ++i) {
      labels_.mutable_data_ptr<std::int64_t>()[i] = data.pool.labels[data.train[i]];
    }
    if (config.optimizer == "adam") {
      optimizer_ = std::make_unique<torch::optim::Adam>(model_.parameters(),
                                                        torch::optim::AdamOptions(config.learning_rate)
                                                            .betas({config.beta1, config.beta2})
                                                            .eps(config.epsilon)
                                                            .weight_decay(config.weight_decay));
    } else {
      optimizer_ = std::make_unique<torch::optim::SGD>(model_.parameters(),
                                                       torch::optim::SGDOptions(config.learning_rate)
                                                           .momentum(config.momentum)
                                                           .weight_decay(config.weight_decay));
    }
    model_.train();
  }

  double run_steps(std::int64_t n) override {
    // An engine in this process may have asked for deterministic algorithms; a tutorial's reader has not.
    at::globalContext().setDeterministicAlgorithms(false, false);
    double loss_sum = 0;
    for (std::int64_t i = 0; i < n; ++i) loss_sum += step();
    return loss_sum / static_cast<double>(n);
  }

 private:
  double step() {
    if (!order_.defined() || next_ >= images_.size(0)) {
      order_ = torch::randperm(images_.size(0));
      next_ = 0;
    }
    const torch::Tensor chosen = order_.slice(0, next_, next_ + batch_);
    next_ += batch_;
    const torch::Tensor images = images_.index_select(0, chosen), labels = labels_.index_select(0, chosen);
    optimizer_->zero_grad();
    const torch::Tensor loss = torch::cross_entropy_loss(model_.forward(images), labels);
    loss.backward();
    optimizer_->step();
    return loss.item<double>();
  }

  std::int64_t batch_, next_ = 0;
  EagerNetwork model_;
  torch::Tensor images_, labels_, order_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

}  // namespace

std::unique_ptr<EagerReference> make_eager_reference(const Network& network, const Data& data,
                                                     const TrainConfig& config) {
  return std::make_unique<Reference>(network, data, config);
}

}  // namespace coppice
