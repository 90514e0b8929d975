// Our checkpoints in real PyTorch: one process loads every network strictly and compares its logits with
// ours, because importing torch takes seconds.
#include "coppice/checkpoint.h"
#include "coppice/random.h"

#include <cstdlib>

#include "support/scratch.h"
#include "train/libtorch/forward.h"
#include "unit/train_libtorch/hazards.h"
#include "unit/train_libtorch/support.h"

namespace coppice {
namespace {

void write_case(const std::string& path, const Network& network) {
  const Tensors weights = random_weights(network);
  Tensor images =
      Tensor::zeros(DType::kF32, {3, network.input.channels, network.input.height, network.input.width});
  const Stream stream(6, network.name);
  for (std::size_t i = 0; i < images.as<float>().size(); ++i) {
    images.as<float>()[i] = static_cast<float>(stream.normal(i));
  }
  write_checkpoint(path + ".model.safetensors", network, weights);
  write_safetensors(path + ".io.safetensors",
                    {{"images", images}, {"logits", forward(network, weights, images)}});
}

TEST(PythonForward, EveryFamilyAndABranchingNetworkAgree) {
  const Scratch scratch;
  write_case(scratch / "branching", branching());
  write_case(scratch / "hazards", hazards());
  for (const std::string& name : network_names()) {
    write_case(scratch / name, build_network(name, {3, 32, 32, false}, 10, 0.25));
  }
  write_case(scratch / "grey", build_network("conv-2", {1, 28, 28, false}, 7, 0.3));
  const std::string source = COPPICE_SOURCE_DIR;
  const std::string command = std::string(COPPICE_PYTHON) + " " + source +
                              "/tests/unit/train_libtorch/interop_test.py " + source + "/scripts/python " +
                              scratch.folder().string();
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

TEST(Forward, RefusesWhatDoesNotFit) {
  const Network network = small_network();
  const Tensors weights = random_weights(network);
  EXPECT_THROW(forward(network, {}, Tensor::zeros(DType::kF32, {1, 3, 8, 8})), BadInput);
  EXPECT_THROW(forward(network, weights, Tensor::zeros(DType::kF32, {1, 3, 8, 9})), BadInput);
  EXPECT_THROW(forward(network, weights, Tensor::zeros(DType::kF32, {3, 8, 8})), BadInput);
  EXPECT_THROW(forward(network, weights, Tensor::zeros(DType::kU8, {1, 3, 8, 8})), BadInput);
  EXPECT_EQ(forward(network, weights, Tensor::zeros(DType::kF32, {2, 3, 8, 8})).shape,
            (std::vector<std::int64_t>{2, 4}));
}

}  // namespace
}  // namespace coppice
