#include <cmath>
#include <limits>

#include <torch/optim.h>

#include "train/libtorch/torch_convert.h"
#include "train/libtorch/torch_optimizer.h"
#include "unit/train_libtorch/support.h"

namespace coppice {
namespace {

const std::vector<std::vector<std::int64_t>> kShapes = {{1}, {63}, {5, 7}, {16, 3, 3, 3}, {300, 257}};
const std::vector<std::string> kNames = {"a", "b", "c", "d", "e"};

std::vector<at::Tensor> start() {
  std::vector<at::Tensor> parameters;
  auto generator = at::make_generator<at::CPUGeneratorImpl>(5);
  for (const auto& shape : kShapes) {
    parameters.push_back(at::randn(shape, generator).set_requires_grad(true));
  }
  return parameters;
}

void set_gradients(std::vector<at::Tensor>& parameters, int step) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(static_cast<std::uint64_t>(100 + step));
  for (at::Tensor& parameter : parameters) parameter.mutable_grad() = at::randn(parameter.sizes(), generator);
}

std::unique_ptr<torch::optim::Optimizer> torchs_own(const TrainConfig& config,
                                                    const std::vector<at::Tensor>& parameters) {
  if (config.optimizer == "sgd") {
    return std::make_unique<torch::optim::SGD>(parameters, torch::optim::SGDOptions(config.learning_rate)
                                                               .momentum(config.momentum)
                                                               .weight_decay(config.weight_decay));
  }
  return std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(config.learning_rate)
                                                              .betas({config.beta1, config.beta2})
                                                              .eps(config.epsilon)
                                                              .weight_decay(config.weight_decay));
}

std::vector<TrainConfig> configs() {
  TrainConfig plain_sgd;
  TrainConfig decay_only;
  decay_only.weight_decay = 0.01;
  TrainConfig momentum = momentum_config();
  TrainConfig adam;
  adam.optimizer = "adam";
  adam.learning_rate = 1e-3;
  return {plain_sgd, decay_only, momentum, adam, adam_config()};
}

/// Relative to the largest value, or to 1, the size of what they start from: a lone weight may cross 0.
double difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>() / std::max(1.0, b.abs().max().item<double>());
}

/// Step for step, on unmasked tensors, for 100 steps: 1e-6.
TEST(TorchOptimizer, EqualsTorchOptim) {
  for (const TrainConfig& config : configs()) {
    for (const bool plain : {false, true}) {
      std::vector<at::Tensor> ours = start(), theirs = start();
      TorchOptimizer optimizer(config, plain);
      optimizer.load(kNames, ours, {});
      const auto reference = torchs_own(config, theirs);
      for (int step = 0; step < 100; ++step) {
        set_gradients(ours, step);
        set_gradients(theirs, step);
        optimizer.step(config.learning_rate);
        reference->step();
        for (std::size_t i = 0; i < ours.size(); ++i) {
          ASSERT_LE(difference(ours[i], theirs[i]), 1e-6)
              << config.optimizer << " plain " << plain << " step " << step << " tensor " << i;
          ASSERT_FALSE(ours[i].grad().defined());
        }
      }
    }
  }
}

/// Gradients do not depend on the weights here, so what is kept must go the way of the unmasked tensors; what
/// is pruned stays +0 even where its gradient is NaN.
TEST(TorchOptimizer, MasksHoldAndLeaveTheRestAlone) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const TrainConfig& config : configs()) {
    for (const bool plain : {false, true}) {
      Masks masks;
      for (std::size_t i = 0; i < kShapes.size(); ++i) {
        Mask mask = Mask::ones(kShapes[i]);
        for (std::int64_t k = 0; k < mask.size(); k += 3) mask.set(k, false);
        if (i != 1) masks.push_back({kNames[i], mask});  // "b" stays unmasked
      }
      std::vector<at::Tensor> masked = start(), whole = start();
      TorchOptimizer optimizer(config, plain), reference(config, plain);
      optimizer.load(kNames, masked, masks);
      reference.load(kNames, whole, {});
      const std::vector<std::string> suffixes = config.optimizer == "adam"
                                                    ? std::vector<std::string>{".exp_avg", ".exp_avg_sq"}
                                                : config.momentum != 0 ? std::vector<std::string>{".momentum"}
                                                                       : std::vector<std::string>{};
      for (int step = 0; step < 20; ++step) {
        set_gradients(masked, step);
        set_gradients(whole, step);
        for (std::size_t i = 0; i < kShapes.size(); ++i) {
          if (const Mask* mask = find(masks, kNames[i])) {
            auto* const gradient = masked[i].grad().mutable_data_ptr<float>();
            for (std::int64_t k = 0; k < mask->size(); ++k) {
              if (!mask->get(k)) gradient[k] = nan;
            }
          }
        }
        optimizer.step(config.learning_rate);
        reference.step(config.learning_rate);
        Tensors weights;
        for (std::size_t i = 0; i < kShapes.size(); ++i) weights[kNames[i]] = from_torch(masked[i]);
        expect_pruned_zero(masks, weights, {""}, "weights");
        expect_pruned_zero(masks, optimizer.state(), suffixes, "state");
        for (std::size_t i = 0; i < kShapes.size(); ++i) {
          const Mask* mask = find(masks, kNames[i]);
          const Tensor a = from_torch(masked[i]), b = from_torch(whole[i]);
          for (std::int64_t k = 0; k < a.size(); ++k) {
            if (!mask || mask->get(k)) {
              ASSERT_EQ(a.as<float>()[k], b.as<float>()[k]) << config.optimizer << ' ' << i << ' ' << k;
            }
          }
        }
      }
    }
  }
}

TEST(TorchOptimizer, StateComesBack) {
  for (const TrainConfig& config : configs()) {
    for (const bool plain : {false, true}) {
      std::vector<at::Tensor> whole = start();
      TorchOptimizer first(config, plain);
      first.load(kNames, whole, {});
      for (int step = 0; step < 5; ++step) {
        set_gradients(whole, step);
        first.step(0.01);
      }
      std::vector<at::Tensor> resumed;
      for (const at::Tensor& tensor : whole)
        resumed.push_back(tensor.detach().clone().set_requires_grad(true));
      TorchOptimizer second(config, plain);
      second.load(kNames, resumed, {});
      second.set_state(first.state());
      EXPECT_EQ(second.state(), first.state());
      for (auto* pair : {&whole, &resumed}) set_gradients(*pair, 5);
      first.step(0.01);
      second.step(0.01);
      for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_TRUE(whole[i].equal(resumed[i]));
    }
  }
}

TEST(TorchOptimizer, RefusesStateAndMasksOfAnother) {
  std::vector<at::Tensor> parameters = start();
  TorchOptimizer sgd(momentum_config(), false), adam(adam_config(), false);
  sgd.load(kNames, parameters, {});
  adam.load(kNames, parameters, {});
  EXPECT_THROW(sgd.set_state(adam.state()), BadInput);
  EXPECT_THROW(adam.set_state(sgd.state()), BadInput);
  EXPECT_THROW(adam.set_state({}), BadInput);
  Tensors longer = sgd.state();
  longer["z.momentum"] = Tensor::zeros(DType::kF32, {1});
  EXPECT_THROW(sgd.set_state(longer), BadInput);
  Tensors negative = adam.state();
  negative["step"].as<std::int64_t>()[0] = -1;
  EXPECT_THROW(adam.set_state(negative), BadInput);
  Tensors reshaped = sgd.state();
  reshaped["c.momentum"].shape = {7, 5};
  EXPECT_THROW(sgd.set_state(reshaped), BadInput);
  EXPECT_THROW(sgd.load(kNames, parameters, {{"z", Mask::ones({1})}}), BadInput);
  EXPECT_THROW(sgd.load(kNames, parameters, {{"c", Mask::ones({7, 5})}}), BadInput);
}

}  // namespace
}  // namespace coppice
