// Masks over five levels against an independent NumPy computation from the stored weights.
#include "coppice/checkpoint.h"
#include "coppice/ticket.h"

#include <cmath>

#include "e2e/fixture.h"

namespace coppice {
namespace {

class MasksEqualNumPy : public Search {
 protected:
  void compare(const std::vector<std::string>& overrides, const std::string& arguments) {
    if (std::string(COPPICE_PYTHON).empty())
      GTEST_SKIP() << "no Python with this torch, numpy and safetensors";
    std::vector<std::string> more = {"--set", "prune.levels=5"};
    for (const std::string& text : overrides) more.insert(more.end(), {"--set", text});
    const std::string run = prune("c.toml", more);
    const std::string command = std::string(COPPICE_PYTHON) +
                                " '" COPPICE_SOURCE_DIR "/tests/interop/masks.py' '" + run + "' " +
                                arguments + " > '" + here / "said" + "' 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << content_of(here / "said");
  }

  /// Weights on a coarse grid, which training at a rate of almost nothing leaves there: ties everywhere.
  std::vector<std::string> tied() {
    const Network network = build_network("lenet-300-100", {1, 8, 8}, 4, 0.2);
    Tensors tensors = initialise(network, "kaiming-normal", "ones", 5);
    for (auto& [name, tensor] : tensors) {
      for (float& value : tensor.as<float>()) value = std::round(value * 20) / 20;
    }
    write_checkpoint(here / "w.safetensors", network, tensors);
    return {"model.weights=w.safetensors", "train.learning_rate=1e-30", "train.length=1it",
            "train.evaluate=1it"};
  }
};

TEST_F(MasksEqualNumPy, Global) {
  write("c.toml", small_config());
  compare({}, "global 0.2");
}

TEST_F(MasksEqualNumPy, GlobalWithTies) {
  write("c.toml", small_config());
  compare(tied(), "global 0.2");
  EXPECT_EQ(content_of(here / "said").find(" 0 tied"), std::string::npos) << content_of(here / "said");
}

TEST_F(MasksEqualNumPy, LayerByLayerWithRules) {
  write("c.toml", small_config() + "scope = \"layer\"\n[[prune.rule]]\nmatch = \"fc3\"\nfraction = 0.1\n");
  compare({}, "layer 0.2 fc3=0.1");
}

TEST_F(MasksEqualNumPy, LayerByLayerWithTiesAndExclusion) {
  write("c.toml", small_config() + "scope = \"layer\"\nfraction = 0.3\nexclude = [\"fc3\"]\n");
  compare(tied(), "layer 0.3");
}

}  // namespace
}  // namespace coppice
