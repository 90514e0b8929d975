#include "compare/bench_weights.h"

#include "coppice/checkpoint.h"
#include "coppice/error.h"
#include "coppice/network.h"

#include <algorithm>
#include <limits>

#include "gtest/gtest.h"
#include "support/scratch.h"

namespace coppice {
namespace {

Tensor floats(std::vector<std::int64_t> shape, const std::vector<float>& values) {
  Tensor tensor = Tensor::zeros(DType::kF32, std::move(shape));
  std::copy(values.begin(), values.end(), tensor.as<float>().begin());
  return tensor;
}

std::string message_of(const std::string& path) {
  try {
    read_weights(path, {});
  } catch (const BadInput& error) {
    return error.what();
  }
  return "taken";
}

TEST(ReadWeights, TakesMatricesAndWindowsAndSkipsTheRest) {
  const Scratch scratch;
  Tensors tensors;
  tensors["a.weight"] = floats({2, 3}, {0, 1, 0, 2, 0, 3});
  tensors["b.weight"] = Tensor::zeros(DType::kBF16, {4, 2, 3, 3});
  tensors["b.weight"].bytes[2 * 20 + 1] = std::byte{0x40};  // 2.0 in element 20: output 1, channel 0, tap 2
  tensors["bias"] = floats({2}, {1, 2});
  tensors["count"] = Tensor::zeros(DType::kI64, {2, 2});
  tensors["none"] = floats({0, 3}, {});
  tensors["oblong"] = Tensor::zeros(DType::kF32, {1, 1, 1, 7});
  write_safetensors(scratch / "w.safetensors", tensors);
  const WeightsFile file = read_weights(scratch / "w.safetensors", {8, 6});
  ASSERT_EQ(file.layers.size(), 2U);
  EXPECT_EQ(file.layers[0].name, "a.weight");
  const kernels::Layer& linear = *file.layers[0].layer;
  EXPECT_TRUE(linear.shape.linear());
  EXPECT_EQ(linear.weights.begin, (std::vector<std::int64_t>{0, 1, 3}));
  EXPECT_EQ(linear.weights.column, (std::vector<std::int32_t>{1, 0, 2}));
  EXPECT_EQ(linear.weights.value, (std::vector<float>{1, 2, 3}));
  const kernels::Layer& conv = *file.layers[1].layer;
  EXPECT_EQ(conv.shape.out_height(), 8);
  EXPECT_EQ(conv.shape.out_width(), 6);
  EXPECT_EQ(conv.weights.begin, (std::vector<std::int64_t>{0, 0, 1, 1, 1}));
  EXPECT_EQ(conv.weights.column, (std::vector<std::int32_t>{2}));
  EXPECT_EQ(conv.weights.value, (std::vector<float>{2}));
  std::vector<std::string> skipped;
  for (const SkippedTensor& one : file.skipped) skipped.push_back(one.name + ": " + one.why);
  EXPECT_EQ(skipped, (std::vector<std::string>{"bias: 1 dimension", "count: I64 is no floating-point type",
                                               "none: empty", "oblong: the window is not square"}));
}

TEST(ReadWeights, TakesTrueShapesFromANetwork) {
  const Scratch scratch;
  const Network network = build_network("resnet-20", {3, 32, 32}, 10, 0.25);
  write_checkpoint(scratch / "m.safetensors", network, initialise(network, "kaiming-normal", "ones", 1));
  const WeightsFile file = read_weights(scratch / "m.safetensors", {});
  const auto layer = [&](const std::string& name) -> const kernels::Layer& {
    const auto found = std::find_if(file.layers.begin(), file.layers.end(),
                                    [&](const NamedLayer& named) { return named.name == name; });
    if (found == file.layers.end()) throw Failure("no " + name);
    return *found->layer;
  };
  EXPECT_EQ(file.layers.size(), 22U);  // 19 convolutions, 2 shortcuts, 1 linear
  EXPECT_EQ(layer("layer2.0.conv1.weight").shape.stride, 2);
  EXPECT_EQ(layer("layer2.0.conv1.weight").shape.height, 32);
  EXPECT_EQ(layer("layer3.2.conv2.weight").shape.height, 8);
  EXPECT_FALSE(layer("layer3.2.conv2.weight").residual);
  EXPECT_TRUE(layer("fc.weight").shape.linear());
  EXPECT_EQ(file.shapes_from, "the file's own network");
}

TEST(ReadWeights, RefusesWhatHoldsNoLayer) {
  const Scratch scratch;
  EXPECT_NE(message_of(scratch / "none").find("none"), std::string::npos);
  write_safetensors(scratch / "flat.safetensors", {{"b", floats({3}, {1, 2, 3})}});
  EXPECT_NE(message_of(scratch / "flat.safetensors").find("no layer to time"), std::string::npos);
  write_safetensors(scratch / "nan.safetensors",
                    {{"w", floats({1, 3}, {1, std::numeric_limits<float>::quiet_NaN(), 3})}});
  EXPECT_NE(message_of(scratch / "nan.safetensors").find("'w' holds nan at index 1"), std::string::npos)
      << message_of(scratch / "nan.safetensors");
  write_safetensors(scratch / "other.safetensors", {{"w", floats({1, 1}, {1})}}, {{"network", "{}"}});
  EXPECT_NE(message_of(scratch / "other.safetensors").find("other.safetensors"), std::string::npos);
}

}  // namespace
}  // namespace coppice
