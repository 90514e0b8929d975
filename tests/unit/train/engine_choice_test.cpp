#include "coppice/error.h"
#include "coppice/train.h"

#include "gtest/gtest.h"
#include "support/random_data.h"

namespace coppice {
namespace {

TEST(MakeEngine, RefusesWhatNoEngineServes) {
  const Data data = random_data({1, 4, 4, false}, 3, 20);
  const Network network = build_network("lenet-300-100", data.pool.image, 3, 0.1);
  const Device device;
  TrainConfig config;
  config.engine = "libtorhc";
  EXPECT_THROW(make_engine(network, data, config, device), BadInput);
  config.engine = "libtorch";
  config.precision = "bf16";
  EXPECT_THROW(make_engine(network, data, config, device), BadInput);
  config.precision = "fp16";
  EXPECT_THROW(make_engine(network, data, config, device), BadInput);
  config.precision = "fp32";
  config.optimizer = "lbfgs";
  EXPECT_THROW(make_engine(network, data, config, device), BadInput);
  config.optimizer = "adam";
  EXPECT_EQ(make_engine(network, data, config, device)->name(), "libtorch");
}

TEST(MakeEngine, AutoTakesTheMlpEngineWhereItCan) {
  const Data data = random_data({3, 8, 8, false}, 3, 20);
  const Network lenet = build_network("lenet-300-100", data.pool.image, 3, 0.1);
  const Network convolutions = build_network("conv-2", data.pool.image, 3, 0.1);
  TrainConfig config;
  EXPECT_EQ(make_engine(lenet, data, config, {})->name(), "mlp");
  EXPECT_EQ(make_engine(convolutions, data, config, {})->name(), "libtorch");
  config.engine = "mlp";
  EXPECT_EQ(make_engine(lenet, data, config, {})->name(), "mlp");
  EXPECT_THROW(make_engine(convolutions, data, config, {}), BadInput);
}

}  // namespace
}  // namespace coppice
