#include <map>

#include <torch/csrc/autograd/autograd.h>

#include "train/libtorch/torch_convert.h"
#include "train/libtorch/torch_network.h"
#include "train/libtorch/torch_norm.h"
#include "unit/train_libtorch/hazards.h"
#include "unit/train_libtorch/support.h"

namespace coppice {
namespace {

/// The node list executed as it stands: nothing in place, nothing fused, nothing let go, NCHW.
at::Tensor naive(const Network& network, const at::Tensor& images, std::map<std::string, at::Tensor>& t,
                 bool training) {
  std::map<std::string, at::Tensor> values = {{"x", images}};
  for (const Node& n : network.nodes) {
    const at::Tensor x = values.at(n.inputs[0]);
    const at::Tensor weight = t[n.name + ".weight"], bias = t[n.name + ".bias"];
    at::Tensor y;
    switch (n.op) {
      case Op::kConv: y = at::conv2d(x, weight, bias, n.stride, n.padding, n.dilation); break;
      case Op::kLinear: y = at::linear(x, weight, bias); break;
      case Op::kBatchNorm:
        y = at::batch_norm(x, weight, bias, t[n.name + ".running_mean"], t[n.name + ".running_var"], training,
                           kNormMomentum, kNormEpsilon, false);
        break;
      case Op::kRelu: y = x.relu(); break;
      case Op::kMaxPool: y = at::max_pool2d(x, n.kernel, n.stride, n.padding); break;
      case Op::kAvgPool: y = at::avg_pool2d(x, n.kernel, n.stride, n.padding); break;
      case Op::kGlobalAvgPool: y = x.mean({2, 3}); break;
      case Op::kFlatten: y = x.reshape({x.size(0), -1}); break;
      case Op::kAdd:
        y = x;
        for (std::size_t i = 1; i < n.inputs.size(); ++i) y = y + values.at(n.inputs[i]);
        break;
      case Op::kDropout: y = training ? x * 2 : x; break;
    }
    values[n.name] = y;
  }
  return values.at(network.nodes.back().name);
}

/// The same tensors twice, in double for the naive run.
struct Pair {
  explicit Pair(const TorchNetwork& model, const Network& network) {
    const Tensors start = initialise(network, "kaiming-normal", "uniform", 8);
    for (const TensorSpec& spec : model.specs()) {
      ours.push_back(to_torch(start.at(spec.name)));
      theirs[spec.name] =
          ours.back().to(spec.role == Role::kBatchCount ? at::kLong : at::kDouble, false, true);
      ours.back().set_requires_grad(spec.trainable());
      theirs[spec.name].set_requires_grad(spec.trainable());
    }
  }
  std::vector<at::Tensor> ours;
  std::map<std::string, at::Tensor> theirs;
};

double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b).abs().max().item<double>() / std::max(1.0, b.abs().max().item<double>());
}

TEST(TorchNetwork, InPlaceAndFusedEqualNaive) {
  const TorchNetwork::Dropout doubled = [](const Node&, at::IntArrayRef sizes) {
    return at::full(sizes, 2.0f);
  };
  for (const Network& network : {hazards(), branching(), small_network()}) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(12);
    const at::Tensor images =
        at::randn({4, network.input.channels, network.input.height, network.input.width}, generator);
    for (const bool own : {false, true}) {
      for (const bool channels_last : {false, true}) {
        const TorchNetwork model(network, own);
        Pair pair(model, network);
        const at::Tensor given = channels_last ? images.contiguous(at::MemoryFormat::ChannelsLast) : images;
        const at::Tensor before = given.clone();
        const at::Tensor logits = model.run(given, pair.ours, &doubled);
        const at::Tensor expected = naive(network, images.to(at::kDouble), pair.theirs, true);
        EXPECT_LE(difference(logits.detach(), expected.detach()), 1e-5)
            << network.name << own << channels_last;
        torch::autograd::backward({logits.square().sum()}, {});
        torch::autograd::backward({expected.square().sum()}, {});
        for (std::size_t i = 0; i < pair.ours.size(); ++i) {
          const TensorSpec& spec = model.specs()[i];
          const at::Tensor& theirs = pair.theirs.at(spec.name);
          if (spec.trainable()) {
            EXPECT_LE(difference(pair.ours[i].grad(), theirs.grad()), 2e-5)
                << network.name << ' ' << spec.name;
          } else if (spec.role != Role::kBatchCount) {
            EXPECT_LE(difference(pair.ours[i], theirs), 1e-5) << network.name << ' ' << spec.name;
          }
        }
        const at::NoGradGuard no_grad;
        EXPECT_LE(difference(model.run(given, pair.ours, nullptr),
                             naive(network, images.to(at::kDouble), pair.theirs, false)),
                  1e-5)
            << network.name << own << channels_last;
        EXPECT_TRUE(given.equal(before)) << "the images were written to";
      }
    }
  }
}

/// The statistics that two training forwards leave, against torch::nn's rule by hand: momentum 0.1, unbiased
/// variance, the counter one up each time.
TEST(TorchNetwork, RunningStatisticsAreTorchs) {
  const Network network =
      complete({"norm", {1, 1, 1, false}, 1, {node(Op::kFlatten, "flat"), node(Op::kBatchNorm, "bn")}});
  for (const bool own : {false, true}) {
    const TorchNetwork model(network, own);
    const std::vector<at::Tensor> tensors = {at::ones({1}), at::zeros({1}), at::zeros({1}), at::ones({1}),
                                             at::zeros({}, at::kLong)};
    const TorchNetwork::Dropout dropout = [](const Node&, at::IntArrayRef) { return at::Tensor(); };
    const at::NoGradGuard no_grad;
    model.run(at::tensor({1.0f, 3.0f}).reshape({2, 1, 1, 1}), tensors, &dropout);  // mean 2, variance 2
    EXPECT_NEAR(tensors[2].item<double>(), 0.2, 1e-7);
    EXPECT_NEAR(tensors[3].item<double>(), 0.9 + 0.2, 1e-6);
    model.run(at::tensor({0.0f, 0.0f, 3.0f}).reshape({3, 1, 1, 1}), tensors, &dropout);  // mean 1, variance 3
    EXPECT_NEAR(tensors[2].item<double>(), 0.28, 1e-7);
    EXPECT_NEAR(tensors[3].item<double>(), 0.9 * 1.1 + 0.3, 1e-6);
    EXPECT_EQ(tensors[4].item<std::int64_t>(), 2);
  }
}

}  // namespace
}  // namespace coppice
