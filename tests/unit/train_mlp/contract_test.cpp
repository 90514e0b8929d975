// What every engine promises: zeros stay zero, resuming and thread counts change no bit, bad input is
// refused.
#include "coppice/error.h"

#include <cmath>
#include <omp.h>

#include "gtest/gtest.h"
#include "setting.h"

namespace coppice {
namespace {

std::vector<TrainConfig> rules() { return {sgd(0.05), sgd(0.02, 0.9, 1e-3), adam(1e-3, 1e-3)}; }

TEST(MlpContract, PrunedWeightsAndTheirStateAreZeroAfterEveryStep) {
  const Data data = small_data();
  const Network network = chain_of(data, {70, 20});
  const Masks masks = random_masks(network, 0.3);
  for (const TrainConfig& config : rules()) {
    const auto engine = make_mlp_engine(network, data, config, cpu(2));
    engine->load(start_of(network), masks, 1, 0);
    for (std::int64_t step = 0; step <= 12; ++step) {
      Tensors all = engine->weights();
      all.merge(engine->optimizer_state());
      for (const auto& [name, tensor] : all) {
        for (const NamedMask& mask : masks) {
          if (!name.starts_with(mask.name)) continue;
          const auto values = tensor.as<float>();
          for (std::int64_t i = 0; i < mask.mask.size(); ++i) {
            ASSERT_TRUE(mask.mask.get(i) || values[static_cast<std::size_t>(i)] == 0.0f)
                << name << " step " << step;
          }
        }
      }
      engine->train(step, step + 1);
    }
  }
}

TEST(MlpContract, StateOfPrunedWeightsIsMaskedOnLoad) {
  const Data data = small_data();
  const Network network = chain_of(data, {20});
  const TrainConfig config = sgd(0.02, 0.9);
  const auto engine = make_mlp_engine(network, data, config, cpu(1));
  engine->load(start_of(network), {}, 1, 0);
  engine->train(0, 3);
  const Tensors state = engine->optimizer_state();
  const Masks masks = random_masks(network, 0.5);
  engine->load(start_of(network), masks, 1, 0);
  engine->set_optimizer_state(state);
  const Tensors masked = engine->optimizer_state();
  const auto values = masked.at("l1.weight.momentum").as<float>();
  const auto given = state.at("l1.weight.momentum").as<float>();
  for (std::int64_t i = 0; i < masks[0].mask.size(); ++i) {
    const auto place = static_cast<std::size_t>(i);
    ASSERT_EQ(values[place], masks[0].mask.get(i) ? given[place] : 0.0f);
  }
}

TEST(MlpContract, WeightsComeBackAsTheyWentIn) {
  const Data data = small_data();
  const Network network = chain_of(data, {70, 20});
  const Tensors start = start_of(network);
  for (const int threads : {1, 2, 5}) {
    const auto engine = make_mlp_engine(network, data, sgd(0.1), cpu(threads));
    engine->load(start, {}, 1, 0);
    EXPECT_EQ(engine->weights(), start);
    EXPECT_TRUE(engine->optimizer_state().empty());
  }
}

TEST(MlpContract, ResumingGivesTheSameBits) {
  const Data data = small_data();
  const Network network = chain_of(data, {70, 20});
  const Masks masks = random_masks(network, 0.5);
  for (const TrainConfig& config : rules()) {
    const auto whole = make_mlp_engine(network, data, config, cpu(2));
    whole->load(start_of(network), masks, 9, 4);
    Tally first = whole->train(0, 13);
    const Tensors weights = whole->weights(), state = whole->optimizer_state();
    const Tally rest = whole->train(13, 31);
    const auto resumed = make_mlp_engine(network, data, config, cpu(2));
    resumed->load(weights, masks, 9, 4);
    resumed->set_optimizer_state(state);
    EXPECT_EQ(resumed->train(13, 31), rest);
    EXPECT_EQ(resumed->weights(), whole->weights());
    EXPECT_EQ(resumed->optimizer_state(), whole->optimizer_state());
    const auto steps = make_mlp_engine(network, data, config, cpu(2));  // one call a step
    steps->load(start_of(network), masks, 9, 4);
    Tally sum;
    for (std::int64_t step = 0; step < 13; ++step) sum += steps->train(step, step + 1);
    EXPECT_EQ(steps->weights(), weights);
    EXPECT_EQ(sum.correct, first.correct);
  }
}

TEST(MlpContract, TheSameBitsForEveryNumberOfThreads) {
  const Data data = small_data({1, 10, 10}, 500, 10);
  for (const std::vector<std::int64_t>& hidden :
       {std::vector<std::int64_t>{300, 100}, {20}, {}, {128, 16, 64}}) {
    const Network network = chain_of(data, hidden);
    const Masks masks = random_masks(network, 0.5);
    for (TrainConfig config : rules()) {
      config.batch = 64;
      Tensors weights, state;
      Tally trained, evaluated;
      for (const int threads : {1, 2, 3, 4}) {
        const auto engine = make_mlp_engine(network, data, config, cpu(threads));
        engine->load(start_of(network), masks, 1, 0);
        const Tally tally = engine->train(0, 20), test = engine->evaluate(Split::kTest);
        if (threads == 1) {
          trained = tally;
          evaluated = test;
          weights = engine->weights();
          state = engine->optimizer_state();
        }
        EXPECT_EQ(tally, trained) << threads;
        EXPECT_EQ(test, evaluated) << threads;
        EXPECT_EQ(engine->weights(), weights) << threads;
        EXPECT_EQ(engine->optimizer_state(), state) << threads;
      }
    }
  }
}

TEST(MlpContract, EvaluationChangesNothing) {
  const Data data = small_data();
  const Network network = chain_of(data, {70, 20});
  const auto one = make_mlp_engine(network, data, adam(1e-3), cpu(2));
  const auto other = make_mlp_engine(network, data, adam(1e-3), cpu(2));
  for (const auto& engine : {one.get(), other.get()}) engine->load(start_of(network), {}, 1, 0);
  for (std::int64_t step = 0; step < 8; ++step) {
    one->train(step, step + 1);
    other->evaluate(Split::kTest);
    other->train(step, step + 1);
  }
  EXPECT_EQ(one->weights(), other->weights());
  EXPECT_EQ(one->evaluate(Split::kValidation), other->evaluate(Split::kValidation));
}

TEST(MlpContract, LoadingAgainForgetsTheOptimiser) {
  const Data data = small_data();
  const Network network = chain_of(data, {20});
  for (const TrainConfig& config : rules()) {
    const auto engine = make_mlp_engine(network, data, config, cpu(2));
    engine->load(start_of(network), {}, 1, 0);
    engine->train(0, 5);
    const Tensors first = engine->weights();
    engine->load(start_of(network), {}, 1, 0);
    engine->train(0, 5);
    EXPECT_EQ(engine->weights(), first);
    engine->load(start_of(network), {}, 1, 1);  // another level, another order
    engine->train(0, 5);
    EXPECT_NE(engine->weights(), first);
  }
}

TEST(MlpContract, DivergenceIsAFailureThatNamesTheStep) {
  const Data data = small_data();
  const Network network = chain_of(data, {70, 20});
  const auto engine = make_mlp_engine(network, data, sgd(1e30), cpu(2));
  engine->load(start_of(network), {}, 1, 0);
  try {
    engine->train(0, 50);
    FAIL() << "no failure";
  } catch (const Failure& failure) {
    EXPECT_TRUE(std::string(failure.what()).starts_with("training diverged at step ")) << failure.what();
  }
}

TEST(MlpContract, LeavesTheCallersThreadCountAlone) {
  const Data data = small_data();
  const Network network = chain_of(data, {20});
  const int before = omp_get_max_threads();
  for (const int threads : {1, 2}) {
    const auto engine = make_mlp_engine(network, data, sgd(0.1), cpu(threads));
    engine->load(start_of(network), {}, 1, 0);
    engine->train(0, 2);
    EXPECT_EQ(omp_get_max_threads(), before);
  }
}

TEST(MlpContract, RefusesWhatItCannotTrain) {
  const Data data = small_data();
  const Network chain = chain_of(data, {20});
  std::string why;
  EXPECT_TRUE(mlp_can_train(chain, sgd(0.1), cpu(1), &why));
  EXPECT_TRUE(mlp_can_train(build_network("lenet-300-100", {1, 28, 28}, 10), sgd(0.1), cpu(1), nullptr));
  EXPECT_FALSE(mlp_can_train(build_network("conv-2", {3, 32, 32}, 10), sgd(0.1), cpu(1), &why));
  EXPECT_NE(why.find("conv"), std::string::npos) << why;
  EXPECT_FALSE(mlp_can_train(chain, sgd(0.1), {.type = "cuda"}, &why));
  TrainConfig config = sgd(0.1);
  config.precision = "bf16";
  EXPECT_FALSE(mlp_can_train(chain, config, cpu(1), &why));
  EXPECT_NE(why.find("bf16"), std::string::npos) << why;
  EXPECT_THROW(make_mlp_engine(chain, data, config, cpu(1)), BadInput);
  EXPECT_THROW(make_mlp_engine(build_network("lenet-300-100", {1, 28, 28}, 10), data, sgd(0.1), cpu(1)),
               BadInput);
  Network skip = chain_of(data, {5, 5});
  skip.nodes.push_back(node(Op::kAdd, "sum"));
  skip.nodes.back().inputs = {"l2", "l3"};
  EXPECT_FALSE(mlp_can_train(complete(skip), sgd(0.1), cpu(1), &why));
  EXPECT_NE(why.find("sum"), std::string::npos) << why;
  Network last = chain;
  last.nodes.push_back(node(Op::kRelu, "end"));
  EXPECT_FALSE(mlp_can_train(complete(last), sgd(0.1), cpu(1), &why));
}

TEST(MlpContract, RefusesTensorsThatAreNotTheNetworks) {
  const Data data = small_data();
  const Network network = chain_of(data, {20});
  const auto engine = make_mlp_engine(network, data, sgd(0.1, 0.9), cpu(1));
  Tensors weights = start_of(network);
  weights.erase("l2.bias");
  EXPECT_THROW(engine->load(weights, {}, 1, 0), BadInput);
  EXPECT_THROW(engine->load(start_of(network), {{"l9.weight", Mask::ones({20, 30})}}, 1, 0), BadInput);
  EXPECT_THROW(engine->load(start_of(network), {{"l1.weight", Mask::ones({30, 20})}}, 1, 0), BadInput);
  engine->load(start_of(network), {}, 1, 0);
  Tensors state = engine->optimizer_state();
  EXPECT_NO_THROW(engine->set_optimizer_state(state));
  EXPECT_THROW(engine->set_optimizer_state({}), BadInput);
  state["extra"] = Tensor::zeros(DType::kF32, {1});
  EXPECT_THROW(engine->set_optimizer_state(state), BadInput);
  state.erase("extra");
  state["l1.weight.momentum"] = Tensor::zeros(DType::kF32, {20, 29});
  EXPECT_THROW(engine->set_optimizer_state(state), BadInput);
}

}  // namespace
}  // namespace coppice
