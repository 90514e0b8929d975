// The search does not know which engine runs: on a network that both train, they must agree, and what one
// saved the other continues.
#include "train/libtorch/engine.h"
#include "train/mlp/mlp_engine.h"
#include "unit/train_libtorch/support.h"

namespace coppice {
namespace {

TEST(Engines, AgreeAndContinueEachOther) {
  const Network network = build_network("lenet-300-100", {1, 10, 10, false}, 5, 0.2);
  const Data data = random_data(network.input, 5, 95, 10);
  const Masks masks = random_masks(network, 0.4);
  const Tensors start = initialise(network, "kaiming-normal", "ones", 1);
  for (TrainConfig config : {momentum_config(), adam_config()}) {
    config.learning_rate *= 0.2;
    const auto torch = make_libtorch_engine(network, data, config, cpu(1));
    const auto mlp = make_mlp_engine(network, data, config, cpu(1));
    for (Engine* one : {torch.get(), mlp.get()}) one->load(start, masks, 1, 0);
    const Tally a = torch->train(0, 30), b = mlp->train(0, 30);
    EXPECT_EQ(a.examples, b.examples);
    EXPECT_NEAR(a.loss_sum, b.loss_sum, 1e-4 * a.loss_sum);
    expect_close(torch->weights(), mlp->weights(), 1e-4);
    expect_close(torch->optimizer_state(), mlp->optimizer_state(), 1e-3);
    EXPECT_NEAR(torch->evaluate(Split::kValidation).loss(), mlp->evaluate(Split::kValidation).loss(), 1e-4);

    const auto torch_resumed = make_libtorch_engine(network, data, config, cpu(1));
    torch_resumed->load(mlp->weights(), masks, 1, 0);
    torch_resumed->set_optimizer_state(mlp->optimizer_state());
    const auto mlp_resumed = make_mlp_engine(network, data, config, cpu(1));
    mlp_resumed->load(torch->weights(), masks, 1, 0);
    mlp_resumed->set_optimizer_state(torch->optimizer_state());
    torch_resumed->train(30, 50);
    mlp_resumed->train(30, 50);
    expect_close(torch_resumed->weights(), mlp_resumed->weights(), 1e-4);
  }
}

}  // namespace
}  // namespace coppice
