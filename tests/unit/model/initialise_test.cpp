#include <algorithm>
#include <cmath>

#include "unit/model/networks.h"

namespace coppice {
namespace {

/// A convolution with fan in 16*9 = 144 and fan out 32*9 = 288, and a linear layer with 512 and 64.
Network wide() {
  Node last = linear("fc", 64);
  return complete({"wide",
                   {16, 6, 6, false},
                   64,
                   {conv("conv", 32, 3), node(Op::kBatchNorm, "bn"), node(Op::kFlatten, "flatten"), last}});
}

struct Moments {
  double mean = 0, variance = 0, kurtosis = 0, low = 0, high = 0;
  std::size_t count = 0;
};
Moments moments(const Tensor& tensor) {
  const auto values = tensor.as<float>();
  Moments m;
  m.count = values.size();
  m.low = m.high = values[0];
  for (const float v : values) {
    m.mean += v / static_cast<double>(m.count);
    m.low = std::min<double>(m.low, v);
    m.high = std::max<double>(m.high, v);
  }
  double fourth = 0;
  for (const float v : values) {
    m.variance += std::pow(v - m.mean, 2) / static_cast<double>(m.count);
    fourth += std::pow(v - m.mean, 4) / static_cast<double>(m.count);
  }
  m.kurtosis = fourth / (m.variance * m.variance);
  return m;
}

struct Case {
  const char* scheme;
  bool normal;
  double conv_variance, fc_variance;
};

TEST(Initialise, MeanVarianceBoundsAndShapeOfEveryScheme) {
  // kaiming 2 / fan in, glorot 2 / (fan in + fan out), lecun 1 / fan in.
  const std::vector<Case> cases = {{"kaiming-normal", true, 2.0 / 144, 2.0 / 512},
                                   {"kaiming-uniform", false, 2.0 / 144, 2.0 / 512},
                                   {"glorot-normal", true, 2.0 / 432, 2.0 / 576},
                                   {"glorot-uniform", false, 2.0 / 432, 2.0 / 576},
                                   {"lecun-normal", true, 1.0 / 144, 1.0 / 512}};
  ASSERT_EQ(cases.size(), initialisation_names().size());
  for (const Case& c : cases) {
    SCOPED_TRACE(c.scheme);
    const Tensors tensors = initialise(wide(), c.scheme, "ones", 7);
    for (const auto& [name, variance] :
         {std::pair{"conv.weight", c.conv_variance}, {"fc.weight", c.fc_variance}}) {
      const Moments m = moments(tensors.at(name));
      const double n = static_cast<double>(m.count);
      const double kurtosis = c.normal ? 3.0 : 1.8;
      EXPECT_NEAR(m.mean, 0, 4 * std::sqrt(variance / n));
      EXPECT_NEAR(m.variance / variance, 1, 4 * std::sqrt((kurtosis - 1) / n));
      EXPECT_NEAR(m.kurtosis, kurtosis, 0.35);
      const double bound = std::sqrt(3 * variance);
      if (c.normal) continue;
      EXPECT_GE(m.low, -bound * (1 + 1e-6));
      EXPECT_LE(m.high, bound * (1 + 1e-6));
      EXPECT_LT(m.low, -0.99 * bound);
      EXPECT_GT(m.high, 0.99 * bound);
    }
  }
}

TEST(Initialise, EverythingElseStartsWhereItShould) {
  const Tensors tensors = initialise(wide(), "glorot-normal", "ones", 7);
  const auto all = [&](const char* name, float value) {
    for (const float v : tensors.at(name).as<float>())
      if (v != value) return false;
    return true;
  };
  EXPECT_TRUE(all("conv.bias", 0));
  EXPECT_TRUE(all("fc.bias", 0));
  EXPECT_TRUE(all("bn.weight", 1));
  EXPECT_TRUE(all("bn.bias", 0));
  EXPECT_TRUE(all("bn.running_mean", 0));
  EXPECT_TRUE(all("bn.running_var", 1));
  EXPECT_EQ(tensors.at("bn.num_batches_tracked").as<std::int64_t>()[0], 0);
  EXPECT_NO_THROW(check_tensors(wide(), tensors, "initialised"));
}

TEST(Initialise, UniformScalesLieInTheUnitInterval) {
  Network network = wide();
  network.nodes[0].out = 4096;
  network = complete(network);
  const Moments m = moments(initialise(network, "kaiming-normal", "uniform", 7).at("bn.weight"));
  EXPECT_GE(m.low, 0);
  EXPECT_LT(m.low, 0.01);
  EXPECT_LE(m.high, 1);
  EXPECT_GT(m.high, 0.99);
  EXPECT_NEAR(m.mean, 0.5, 0.02);
  EXPECT_NEAR(m.variance, 1.0 / 12, 0.005);
}

TEST(Initialise, SameSeedSameBitsAndNothingElseAgrees) {
  const Network network = build_network("resnet-20", {3, 32, 32, false}, 10);
  const Tensors a = initialise(network, "kaiming-normal", "uniform", 1);
  EXPECT_EQ(a, initialise(network, "kaiming-normal", "uniform", 1));
  const Tensors b = initialise(network, "kaiming-normal", "uniform", 2);
  for (const TensorSpec& spec : tensor_specs(network)) {
    if (spec.role != Role::kWeight && spec.role != Role::kScale) continue;
    EXPECT_NE(a.at(spec.name), b.at(spec.name)) << spec.name;
  }
  // Two tensors of one shape differ under one seed.
  EXPECT_NE(a.at("layer1.0.conv1.weight"), a.at("layer1.0.conv2.weight"));
  EXPECT_NE(a.at("layer1.0.bn1.weight"), a.at("layer1.0.bn2.weight"));
}

TEST(Initialise, ATensorDoesNotDependOnTheLayersAroundIt) {
  const Network network = build_network("lenet-300-100", {1, 28, 28, false}, 10);
  Network longer = network;
  longer.nodes.insert(longer.nodes.begin() + 3, {linear("extra", 300), node(Op::kRelu, "extra_relu")});
  longer.nodes[5].inputs.clear();
  longer = complete(longer);
  const Tensors a = initialise(network, "kaiming-normal", "ones", 3),
                b = initialise(longer, "kaiming-normal", "ones", 3);
  EXPECT_EQ(a.at("fc1.weight"), b.at("fc1.weight"));
  EXPECT_EQ(a.at("fc2.weight"), b.at("fc2.weight"));
}

TEST(Initialise, RefusesUnknownNames) {
  expect_words(message_of([] { initialise(wide(), "kaiming_normal", "ones", 1); }),
               {"'kaiming_normal'", "did you mean 'kaiming-normal'"});
  expect_words(message_of([] { initialise(wide(), "kaiming-normal", "one", 1); }),
               {"'one'", "ones, uniform"});
}

}  // namespace
}  // namespace coppice
