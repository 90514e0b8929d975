#include "train/libtorch/engine.h"

#include "coppice/error.h"
#include "coppice/train.h"

#include <fmt/format.h>

#include "base/text.h"
#include "train/mlp/mlp_engine.h"

namespace coppice {

std::vector<std::string> engine_names() { return {"auto", "libtorch", "mlp"}; }

std::unique_ptr<Engine> make_engine(const Network& network, const Data& data, const TrainConfig& config,
                                    const Device& device) {
  const bool automatic = config.engine == "auto";
  if (config.engine == "mlp" || (automatic && mlp_can_train(network, config, device, nullptr))) {
    return make_mlp_engine(network, data, config, device);
  }
  if (automatic || config.engine == "libtorch") {
    return make_libtorch_engine(network, data, config, device);
  }
  throw BadInput(fmt::format("train.engine is '{}'; it must be one of {}{}", config.engine,
                             join(engine_names(), ", "), did_you_mean(config.engine, engine_names())));
}

}  // namespace coppice
