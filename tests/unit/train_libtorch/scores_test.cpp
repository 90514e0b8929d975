// Scores that rest on derivatives, against PyTorch alone: one process checks every network, because importing
// torch takes seconds.
#include "coppice/checkpoint.h"

#include <cstdlib>
#include <map>

#include "support/scratch.h"
#include "unit/train_libtorch/hazards.h"
#include "unit/train_libtorch/support.h"

namespace coppice {
namespace {

/// Under names that torch.func finds modules by: not those that every module has as attributes.
Network plainly_named(Network network) {
  std::map<std::string, std::string> names = {{"x", "x"}};
  for (Node& one : network.nodes) {
    const std::string name = "n" + std::to_string(names.size());
    names.emplace(one.name, name);
    one.name = name;
    for (std::string& input : one.inputs) input = names.at(input);
  }
  return complete(network);
}

void write_case(const std::string& path, const Network& network, std::int64_t examples, std::int64_t batch,
                const std::vector<std::string>& criteria) {
  constexpr std::uint64_t kSeed = 3;
  constexpr std::int64_t kLevel = 2;
  const Data data = random_data(network.input, network.classes, examples + 5);
  const Tensors weights = random_weights(network);
  const Masks masks = random_masks(network, 0.6);
  const auto derivatives = make_derivatives(
      {network, [&]() -> const Data& { return data; }, examples, batch, cpu(1), kSeed, kLevel});

  const std::vector<std::uint32_t> chosen = score_examples(data, examples, kSeed, kLevel);
  Tensor images = Tensor::zeros(
      DType::kF32, {examples, network.input.channels, network.input.height, network.input.width});
  gather(data, Split::kTrain, chosen, {}, images.as<float>().data());
  Tensor labels = Tensor::zeros(DType::kI64, {examples}), size = Tensor::zeros(DType::kI64, {});
  for (std::size_t i = 0; i < chosen.size(); ++i) labels.as<std::int64_t>()[i] = data.pool.labels[chosen[i]];
  size.as<std::int64_t>()[0] = batch;
  Tensors io = {{"images", images}, {"labels", labels}, {"batch", size}};
  for (const NamedMask& named : masks) {
    const std::vector<std::uint8_t> bits = named.mask.unpacked();
    io[named.name + ".keep"] = Tensor::zeros(DType::kU8, named.mask.shape());
    std::copy(bits.begin(), bits.end(), io[named.name + ".keep"].as<std::uint8_t>().begin());
  }
  for (const std::string& criterion : criteria) {
    const Scores scores =
        score(criterion, {masks, weights, kSeed, kLevel, {}, [&]() -> Derivatives& { return *derivatives; }});
    for (std::size_t i = 0; i < masks.size(); ++i) {
      Tensor& tensor = io[criterion + "/" + masks[i].name];
      tensor = Tensor::zeros(DType::kF32, masks[i].mask.shape());
      std::copy(scores[i].begin(), scores[i].end(), tensor.as<float>().begin());
    }
  }
  write_checkpoint(path + ".model.safetensors", network, weights);
  write_safetensors(path + ".io.safetensors", io);
}

TEST(PythonScores, AgreeOnEveryKindOfNetwork) {
  if (std::string(COPPICE_PYTHON).empty()) GTEST_SKIP() << "no Python with this torch, numpy and safetensors";
  const Scratch scratch;
  const std::vector<std::string> all = {"snip", "grasp", "synflow", "taylor", "obd"};
  // More examples than go through at once, in batches larger and smaller than that.
  write_case(scratch / "lenet-300-100", build_network("lenet-300-100", {1, 28, 28, false}, 10), 40, 35, all);
  write_case(scratch / "resnet-20", build_network("resnet-20", {3, 32, 32, false}, 10), 4, 3, all);
  write_case(scratch / "branching", plainly_named(branching()), 40, 12, all);
  write_case(scratch / "hazards", plainly_named(hazards()), 33, 40, all);
  const std::string source = COPPICE_SOURCE_DIR;
  const std::string command = std::string(COPPICE_PYTHON) + " " + source +
                              "/tests/unit/train_libtorch/scores_test.py " + source + "/scripts/python " +
                              scratch.folder().string();
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace
}  // namespace coppice
