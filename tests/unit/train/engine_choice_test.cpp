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

}  // namespace
}  // namespace coppice
