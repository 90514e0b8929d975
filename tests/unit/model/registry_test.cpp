#include <algorithm>
#include <cmath>

#include "unit/model/networks.h"

namespace coppice {
namespace {

std::int64_t parameters(const Network& network) {
  std::int64_t count = 0;
  for (const TensorSpec& spec : tensor_specs(network))
    if (spec.trainable()) count += element_count(spec.shape);
  return count;
}

constexpr Extent kGrey{1, 28, 28, false}, kColour{3, 32, 32, false};

TEST(Registry, ParameterCountsArePublishedOnes) {
  EXPECT_EQ(parameters(build_network("lenet-300-100", kGrey, 10)), 266'610);
  // Worked by hand; the weights alone are 4,300,992, 2,425,024 and 2,261,184 as other reimplementations
  // count.
  EXPECT_EQ(parameters(build_network("conv-2", kColour, 10)), 4'301'642);
  EXPECT_EQ(parameters(build_network("conv-4", kColour, 10)), 2'425'930);
  EXPECT_EQ(parameters(build_network("conv-6", kColour, 10)), 2'262'602);
  // VGG with normalisation and one linear layer, widely published.
  EXPECT_EQ(parameters(build_network("vgg-11", kColour, 10)), 9'231'114);
  EXPECT_EQ(parameters(build_network("vgg-13", kColour, 10)), 9'416'010);
  EXPECT_EQ(parameters(build_network("vgg-16", kColour, 10)), 14'728'266);
  EXPECT_EQ(parameters(build_network("vgg-19", kColour, 10)), 20'040'522);
  // He et al.'s networks with free shortcuts have 269,722 ... 1,727,962; two projections with their
  // normalisation add 16*32 + 2*32 + 32*64 + 2*64.
  EXPECT_EQ(parameters(build_network("resnet-20", kColour, 10)), 269'722 + 2752);
  EXPECT_EQ(parameters(build_network("resnet-32", kColour, 10)), 464'154 + 2752);
  EXPECT_EQ(parameters(build_network("resnet-44", kColour, 10)), 658'586 + 2752);
  EXPECT_EQ(parameters(build_network("resnet-56", kColour, 10)), 853'018 + 2752);
  EXPECT_EQ(parameters(build_network("resnet-110", kColour, 10)), 1'727'962 + 2752);
}

TEST(Registry, NamesFollowTorchvision) {
  const auto names = [](const char* network) {
    std::vector<std::string> all;
    for (const TensorSpec& spec : tensor_specs(build_network(network, kColour, 10))) all.push_back(spec.name);
    return all;
  };
  const auto has = [](const std::vector<std::string>& all, const char* name) {
    return std::find(all.begin(), all.end(), name) != all.end();
  };
  const auto resnet = names("resnet-20");
  for (const char* name :
       {"conv1.weight", "bn1.running_mean", "layer1.0.conv1.weight", "layer3.2.bn2.bias",
        "layer2.0.downsample.0.weight", "layer3.0.downsample.1.num_batches_tracked", "fc.weight"})
    EXPECT_TRUE(has(resnet, name)) << name;
  EXPECT_FALSE(has(resnet, "layer1.0.downsample.0.weight"));
  EXPECT_FALSE(has(resnet, "conv1.bias"));
  const auto vgg = names("vgg-16");
  // torchvision's vgg16_bn numbers its first and last convolution 0 and 40.
  for (const char* name :
       {"features.0.weight", "features.0.bias", "features.1.running_var", "features.40.weight", "fc.bias"})
    EXPECT_TRUE(has(vgg, name)) << name;
  EXPECT_EQ(names("lenet-300-100"), (std::vector<std::string>{"fc1.weight", "fc1.bias", "fc2.weight",
                                                              "fc2.bias", "fc3.weight", "fc3.bias"}));
}

TEST(Registry, AnyImageAndNumberOfClasses) {
  for (const std::string& name : network_names()) {
    for (const Extent image : {kGrey, kColour, Extent{4, 16, 19, false}, Extent{3, 64, 64, false}}) {
      const Network network = build_network(name, image, 7);
      EXPECT_EQ(extents(network).back(), (Extent{7, 1, 1, true})) << name;
      EXPECT_EQ(network.name, name);
    }
  }
}

TEST(Registry, WidthScalesHiddenLayersOnly) {
  const Network half = build_network("lenet-300-100", kGrey, 10, 0.5);
  EXPECT_EQ(half.nodes[1].out, 150);
  EXPECT_EQ(half.nodes[3].out, 50);
  EXPECT_EQ(half.nodes[5].out, 10);
  const Network thin = build_network("resnet-20", kColour, 10, 0.01);
  for (const Node& n : thin.nodes) EXPECT_TRUE(n.op != Op::kConv || n.out == 1) << n.name;
  EXPECT_EQ(build_network("conv-2", kColour, 10, 0.33).nodes[0].out, 21);  // 21.12
}

TEST(Registry, Refusals) {
  expect_words(message_of([] { build_network("resnet20", kColour, 10); }),
               {"'resnet20'", "did you mean 'resnet-20'"});
  expect_words(message_of([] {
                 build_network("conv-6", {3, 7, 7, false}, 10);
               }),
               {"'conv-6'", "'pool3'", "too small"});
  expect_words(message_of([] {
                 build_network("vgg-16", {3, 15, 15, false}, 10);
               }),
               {"'features.33'", "too small"});
  for (const double width : {0.0, -1.0, 1e300, std::nan("")})
    expect_words(message_of([&] { build_network("conv-2", kColour, 10, width); }), {"'width'"});
  expect_words(message_of([] { build_network("conv-2", kColour, 10, 1e5); }),
               {"'conv1'", "'out' is 6400000"});
}

TEST(Flops, WorkedByHand) {
  const Network lenet = build_network("lenet-300-100", kGrey, 10);
  EXPECT_EQ(forward_flops(lenet),
            (std::vector<double>{0, 2.0 * 784 * 300, 0, 2.0 * 300 * 100, 0, 2.0 * 100 * 10}));
  EXPECT_EQ(training_flops(lenet), 2 * (2.0 * 784 * 300) + 3 * (2.0 * 300 * 100 + 2.0 * 100 * 10));
  const Network resnet = build_network("resnet-20", kColour, 10);
  double forward = 0;
  for (const double flops : forward_flops(resnet)) forward += flops;
  EXPECT_EQ(forward, 2.0 * 40'813'184);
  EXPECT_EQ(training_flops(resnet), 3 * forward - 2.0 * 32 * 32 * 27 * 16);
}

TEST(Flops, NoInputGradientWhereNothingTrainableStandsBefore) {
  // Two branches look at the image, one through a pool; the second layer of the first needs its input's.
  const Network network =
      complete({"two",
                {1, 4, 4, false},
                2,
                {conv("a", 3, 1), conv("b", 5, 1), pool(Op::kAvgPool, "pool", 1),
                 node(Op::kRelu, "in", {"x"}), conv("c", 5, 3, 1), node(Op::kAdd, "sum", {"pool", "c"}),
                 node(Op::kGlobalAvgPool, "g"), linear("fc", 2)}});
  const double a = 2.0 * 16 * 3, b = 2.0 * 16 * 3 * 5, c = 2.0 * 16 * 9 * 5, fc = 2.0 * 5 * 2;
  EXPECT_EQ(training_flops(network), 2 * a + 3 * b + 2 * c + 3 * fc);
}

}  // namespace
}  // namespace coppice
