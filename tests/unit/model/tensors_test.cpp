#include "unit/model/networks.h"

namespace coppice {
namespace {

Network small() {
  return complete({"small",
                   {2, 4, 4, false},
                   3,
                   {conv("block.conv1", 4, 3), node(Op::kBatchNorm, "block.bn1"),
                    node(Op::kFlatten, "flatten"), linear("fc1", 5), linear("fc2", 3)}});
}

std::vector<std::string> names(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> all;
  for (const TensorSpec& spec : specs) all.push_back(spec.name);
  return all;
}

TEST(TensorSpecs, NamesShapesAndRolesInNodeOrder) {
  const auto specs = tensor_specs(small());
  EXPECT_EQ(names(specs),
            (std::vector<std::string>{"block.conv1.weight", "block.conv1.bias", "block.bn1.weight",
                                      "block.bn1.bias", "block.bn1.running_mean", "block.bn1.running_var",
                                      "block.bn1.num_batches_tracked", "fc1.weight", "fc1.bias", "fc2.weight",
                                      "fc2.bias"}));
  EXPECT_EQ(specs[0].shape, (std::vector<std::int64_t>{4, 2, 3, 3}));
  EXPECT_EQ(specs[6].shape, std::vector<std::int64_t>{});
  EXPECT_EQ(specs[6].dtype, DType::kI64);
  EXPECT_EQ(specs[7].shape, (std::vector<std::int64_t>{5, 16}));
  EXPECT_EQ(specs[7].node, 3u);
  for (std::size_t i = 0; i < specs.size(); ++i) EXPECT_EQ(specs[i].trainable(), i < 4 || i > 6) << i;
}

TEST(PrunableTensors, WeightsOnlyAndExclusions) {
  const Network network = small();
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(prunable_tensors(network, {})), (Names{"block.conv1.weight", "fc1.weight", "fc2.weight"}));
  EXPECT_EQ(names(prunable_tensors(network, {"fc2"})), (Names{"block.conv1.weight", "fc1.weight"}));
  EXPECT_EQ(names(prunable_tensors(network, {"fc*"})), (Names{"block.conv1.weight"}));
  EXPECT_EQ(names(prunable_tensors(network, {"fc1.weight", "block.*"})), (Names{"fc2.weight"}));
}

TEST(PrunableTensors, APatternMustMatchAndSomethingMustBeLeft) {
  const Network network = small();
  expect_words(message_of([&] { prunable_tensors(network, {"fc3"}); }), {"'fc3'", "did you mean 'fc1'"});
  expect_words(message_of([&] { prunable_tensors(network, {"block.bn1"}); }), {"'block.bn1'", "no linear"});
  expect_words(message_of([&] { prunable_tensors(network, {"fc1.bias"}); }), {"'fc1.bias'"});
  expect_words(message_of([&] { prunable_tensors(network, {"*"}); }), {"'small'", "no weight is left"});
  const Network bare = complete({"bare", {3, 1, 1, false}, 3, {node(Op::kFlatten, "f")}});
  expect_words(message_of([&] { prunable_tensors(bare, {}); }), {"'bare'", "no linear or convolution"});
}

TEST(CheckTensors, NamesTheFirstDifference) {
  const Network network = small();
  const Tensors good = initialise(network, "kaiming-normal", "ones", 1);
  EXPECT_NO_THROW(check_tensors(network, good, "file.safetensors"));
  const auto complaint = [&](auto&& change) {
    Tensors tensors = good;
    change(tensors);
    const std::string message = message_of([&] { check_tensors(network, tensors, "file.safetensors"); });
    expect_words(message, {"file.safetensors"});
    return message;
  };
  expect_words(complaint([](Tensors& t) { t.erase("fc1.bias"); }), {"lacks", "'fc1.bias'"});
  expect_words(complaint([](Tensors& t) { t["fc3.bias"] = t["fc2.bias"]; }),
               {"'fc3.bias'", "does not belong", "did you mean 'fc1.bias'"});
  expect_words(complaint([](Tensors& t) {
                 t["fc1.weight"] = Tensor::zeros(DType::kF32, {16, 5});
               }),
               {"'fc1.weight'", "[16, 5]", "[5, 16]"});
  expect_words(complaint([](Tensors& t) { t["fc1.bias"] = Tensor::zeros(DType::kF64, {5}); }),
               {"'fc1.bias'", "F64", "F32"});
  expect_words(complaint([](Tensors& t) { t["fc1.bias"].bytes.pop_back(); }), {"'fc1.bias'", "19 bytes"});
}

}  // namespace
}  // namespace coppice
