#include "train/libtorch/engine.h"

#include "coppice/error.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/optim.h>

#include "base/libtorch/threads.h"
#include "train/libtorch/torch_convert.h"
#include "unit/train_libtorch/support.h"

namespace coppice {
namespace {

constexpr LibtorchPaths kAllPaths[] = {{false, false}, {false, true}, {true, false}, {true, true}};

std::unique_ptr<Engine> engine(const Network& network, const Data& data, const TrainConfig& config,
                               LibtorchPaths paths = {}, int threads = 1) {
  return make_libtorch_engine(network, data, config, cpu(threads), paths);
}

Tensors initial(const Network& network) { return initialise(network, "kaiming-normal", "uniform", 1); }

/// The same network, batches and optimiser as a person would write them down.
Tensors plain_loop(const Data& data, const TrainConfig& config, const Tensors& start, std::int64_t steps,
                   double* loss_sum) {
  set_threads(1);
  std::map<std::string, at::Tensor> t;
  std::vector<at::Tensor> parameters;
  for (const auto& [name, tensor] : start) {
    t[name] = to_torch(tensor);
    const bool buffer =
        name.find("running") != std::string::npos || name.find("num_batches") != std::string::npos;
    if (!buffer) parameters.push_back(t[name].set_requires_grad(true));
  }
  torch::optim::SGD optimizer(parameters, torch::optim::SGDOptions(config.learning_rate)
                                              .momentum(config.momentum)
                                              .weight_decay(config.weight_decay));
  BatchOrder order(data, config.batch, 11, 3);
  const auto norm = [&](const at::Tensor& x, const std::string& name) {
    t[name + ".num_batches_tracked"] += 1;
    return at::batch_norm(x, t[name + ".weight"], t[name + ".bias"], t[name + ".running_mean"],
                          t[name + ".running_var"], true, 0.1, 1e-5, false);
  };
  for (std::int64_t step = 0; step < steps; ++step) {
    const auto batch = order.at(step);
    const auto n = static_cast<std::int64_t>(batch.indices.size());
    const at::Tensor images = at::empty({n, 3, 8, 8}), labels = at::empty({n}, at::kLong);
    gather(data, Split::kTrain, batch.indices, {}, images.mutable_data_ptr<float>());
    for (std::int64_t i = 0; i < n; ++i) labels[i] = data.pool.labels[batch.indices[i]];
    const at::Tensor first = norm(at::conv2d(images, t["c1.weight"], {}, 1, 1), "bn1").relu();
    const at::Tensor second = (norm(at::conv2d(first, t["c2.weight"], {}, 1, 1), "bn2") + first).relu();
    const at::Tensor third = at::conv2d(second, t["c3.weight"], t["c3.bias"], 1, 1).relu();
    const at::Tensor logits = at::linear(at::max_pool2d(third, 2).flatten(1), t["fc.weight"], t["fc.bias"]);
    const at::Tensor loss = at::cross_entropy_loss(logits, labels);
    optimizer.zero_grad();
    torch::autograd::backward({loss}, {});
    optimizer.step();
    *loss_sum += loss.item<double>() * static_cast<double>(n);
  }
  Tensors result;
  for (const auto& [name, tensor] : t) result[name] = from_torch(tensor);
  return result;
}

/// 100 steps over 46 examples in batches of 10: the last of an epoch has 6, and counts.
TEST(LibtorchEngine, TrainsAsThePlainLoop) {
  const Network network = small_network();
  const Data data = random_data(network.input, 4, 46);
  TrainConfig config = momentum_config();
  config.learning_rate = 0.01;
  double loss_sum = 0;
  const Tensors expected = plain_loop(data, config, initial(network), 100, &loss_sum);
  for (const LibtorchPaths paths : kAllPaths) {
    const auto ours = engine(network, data, config, paths);
    ours->load(initial(network), {}, 11, 3);
    const Tally tally = ours->train(0, 100);
    EXPECT_EQ(tally.examples, 20 * 46);
    EXPECT_NEAR(tally.loss_sum, loss_sum, 1e-4 * loss_sum);
    expect_close(ours->weights(), expected, 2e-4);
    EXPECT_EQ(ours->weights().at("bn1.num_batches_tracked").as<std::int64_t>()[0], 100);
  }
}

/// With decay and momentum, after each single step.
TEST(LibtorchEngine, PrunedWeightsAndStateStayZero) {
  const Network network = small_network();
  const Data data = random_data(network.input, 4, 46);
  const Masks masks = random_masks(network, 0.3);
  for (const TrainConfig& config : {momentum_config(), adam_config()}) {
    for (const LibtorchPaths paths : kAllPaths) {
      const auto ours = engine(network, data, config, paths);
      ours->load(initial(network), masks, 1, 0);
      expect_pruned_zero(masks, ours->weights(), {""}, "after load");
      const std::vector<std::string> parts = config.optimizer == "adam"
                                                 ? std::vector<std::string>{".exp_avg", ".exp_avg_sq"}
                                                 : std::vector<std::string>{".momentum"};
      for (std::int64_t step = 0; step < 12; ++step) {
        ours->train(step, step + 1);
        expect_pruned_zero(masks, ours->weights(), {""}, "step " + std::to_string(step));
        expect_pruned_zero(masks, ours->optimizer_state(), parts, "step " + std::to_string(step));
      }
    }
  }
}

/// Every operation, dropout and augmentation included: the ways of the GPU compute what those of the CPU do.
TEST(LibtorchEngine, AllPathsAgree) {
  const Network network = branching();
  Data data = random_data(network.input, 5, 47);
  data.augment = "flip-crop";
  const Masks masks = random_masks(network, 0.5);
  for (TrainConfig config : {momentum_config(), adam_config()}) {
    config.learning_rate *= 0.1;
    Tensors expected;
    for (const LibtorchPaths paths : kAllPaths) {
      const auto ours = engine(network, data, config, paths);
      ours->load(initial(network), masks, 1, 0);
      ours->train(0, 12);
      const Tally tally = ours->evaluate(Split::kTest);
      EXPECT_EQ(tally.examples, 33);
      if (expected.empty()) expected = ours->weights();
      expect_close(ours->weights(), expected, 1e-3);
    }
  }
}

TEST(LibtorchEngine, SameSeedSameBits) {
  const Network network = branching();
  Data data = random_data(network.input, 5, 47);
  data.augment = "flip-crop";
  TrainConfig config = momentum_config();
  config.learning_rate = 0.005;
  const auto run = [&](std::uint64_t seed, std::uint64_t level) {
    const auto ours = engine(network, data, config, {}, 2);
    ours->load(initial(network), {}, seed, level);
    const Tally tally = ours->train(0, 8);
    return std::make_pair(ours->weights(), tally);
  };
  const auto first = run(1, 0);
  EXPECT_EQ(run(1, 0), first);
  EXPECT_NE(run(2, 0).first, first.first);
  EXPECT_NE(run(1, 1).first, first.first);
}

/// train(0, 20) equals train(0, 7), another engine with what was saved, train(7, 20): bit for bit.
TEST(LibtorchEngine, ContinuesWhereItStopped) {
  const Network network = branching();
  Data data = random_data(network.input, 5, 47);
  data.augment = "flip-crop";
  const Masks masks = random_masks(network, 0.5);
  for (TrainConfig config : {momentum_config(), adam_config()}) {
    config.learning_rate *= 0.1;
    for (const LibtorchPaths paths : {LibtorchPaths{}, LibtorchPaths{true, true}}) {
      const auto whole = engine(network, data, config, paths);
      whole->load(initial(network), masks, 1, 0);
      whole->train(0, 7);
      const Tensors weights = whole->weights(), state = whole->optimizer_state();
      const auto resumed = engine(network, data, config, paths);
      resumed->load(weights, masks, 1, 0);
      resumed->set_optimizer_state(state);
      EXPECT_EQ(resumed->train(7, 20), whole->train(7, 20));
      EXPECT_EQ(resumed->weights(), whole->weights());
      EXPECT_EQ(resumed->optimizer_state(), whole->optimizer_state());
    }
  }
}

TEST(LibtorchEngine, EvaluatingChangesNothing) {
  const Network network = branching();
  const Data data = random_data(network.input, 5, 47, 9);
  TrainConfig config = momentum_config();
  config.learning_rate = 0.005;
  const auto a = engine(network, data, config), b = engine(network, data, config);
  for (const auto& e : {a.get(), b.get()}) e->load(initial(network), {}, 1, 0);
  a->train(0, 5);
  const Tensors before = a->weights();
  EXPECT_EQ(a->evaluate(Split::kValidation).examples, 9);
  EXPECT_EQ(a->evaluate(Split::kTrain).examples, 38);
  EXPECT_EQ(a->evaluate(Split::kTest), a->evaluate(Split::kTest));
  EXPECT_EQ(a->weights(), before);
  a->train(5, 9);
  b->train(0, 9);
  EXPECT_EQ(a->weights(), b->weights());
}

/// Loading again starts over: no optimiser state or statistic is left from before.
TEST(LibtorchEngine, LoadStartsOver) {
  const Network network = small_network();
  const Data data = random_data(network.input, 4, 46);
  const auto ours = engine(network, data, adam_config());
  ours->load(initial(network), {}, 1, 0);
  ours->train(0, 8);
  const Tensors once = ours->weights();
  ours->load(initial(network), {}, 1, 0);
  for (const auto& [name, tensor] : ours->optimizer_state()) {
    EXPECT_EQ(tensor, Tensor::zeros(tensor.dtype, tensor.shape)) << name;
  }
  ours->train(0, 8);
  EXPECT_EQ(ours->weights(), once);
}

TEST(LibtorchEngine, DivergenceNamesTheStep) {
  const Network network = small_network();
  const Data data = random_data(network.input, 4, 46);
  TrainConfig config = momentum_config();
  config.learning_rate = 1e30;
  const auto ours = engine(network, data, config);
  ours->load(initial(network), {}, 1, 0);
  try {
    ours->train(0, 300);
    FAIL() << "did not diverge";
  } catch (const Failure& error) {
    EXPECT_NE(std::string(error.what()).find("training diverged at step"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("train.learning_rate"), std::string::npos) << error.what();
  }
}

TEST(LibtorchEngine, RefusesWhatDoesNotFit) {
  const Network network = small_network();
  const Data data = random_data(network.input, 4, 46);
  const auto ours = engine(network, data, momentum_config());
  Tensors lacking = initial(network);
  lacking.erase("fc.bias");
  EXPECT_THROW(ours->load(lacking, {}, 1, 0), BadInput);
  EXPECT_THROW(ours->load(initial(network), {{"fd.weight", Mask::ones({4, 128})}}, 1, 0), BadInput);
  TrainConfig bf16 = momentum_config();
  bf16.precision = "bf16";
  EXPECT_THROW(engine(network, data, bf16), BadInput);
  // 47 examples in batches of 2 leave one: no variance for a BatchNorm over flat features.
  TrainConfig two = momentum_config();
  two.batch = 2;
  EXPECT_THROW(engine(branching(), random_data({2, 17, 13, false}, 5, 47), two), BadInput);
  EXPECT_NO_THROW(engine(network, random_data(network.input, 4, 47), two));
}

}  // namespace
}  // namespace coppice
