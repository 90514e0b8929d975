#include <utility>

#include <fmt/format.h>

#include "train/mlp/chain.h"
#include "train/mlp/mlp_engine.h"

namespace coppice {

bool mlp_can_train(const Network& network, const TrainConfig& config, const Device& device,
                   std::string* why) {
  const auto refuse = [&](std::string reason) {
    if (why) *why = std::move(reason);
    return false;
  };
  if (device.type != "cpu") return refuse("it runs on the CPU alone");
  if (config.precision != "fp32") return refuse(fmt::format("precision {} is not its own", config.precision));
  if (config.optimizer != "sgd" && config.optimizer != "adam") {
    return refuse(fmt::format("it knows no optimizer '{}'", config.optimizer));
  }
  return !linear_chain(network, why).empty();
}

}  // namespace coppice
