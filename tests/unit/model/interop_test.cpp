// The same description gives the same network in Python: one process checks every network, because importing
// torch takes seconds.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "unit/model/networks.h"

namespace coppice {
namespace {

nlohmann::json case_of(const Network& network) {
  nlohmann::json tensors = nlohmann::json::array(), trainable = nlohmann::json::array();
  for (const TensorSpec& spec : tensor_specs(network)) {
    tensors.push_back({spec.name, spec.shape, dtype_name(spec.dtype)});
    if (spec.trainable()) trainable.push_back(spec.name);
  }
  nlohmann::json outputs = nlohmann::json::array();
  const std::vector<Extent> extent = extents(network);
  for (std::size_t i = 0; i < extent.size(); ++i) {
    std::vector<std::int64_t> shape = {extent[i].channels};
    if (!extent[i].flat) shape.insert(shape.end(), {extent[i].height, extent[i].width});
    outputs.push_back({network.nodes[i].name, shape});
  }
  return {{"network", to_json(network)},
          {"classes", network.classes},
          {"tensors", tensors},
          {"trainable", trainable},
          {"extents", outputs}};
}

TEST(PythonInterop, EveryFamilyAndABranchingNetworkAgree) {
  nlohmann::json cases = {case_of(branching()),
                          case_of(build_network("lenet-300-100", {1, 28, 28, false}, 10))};
  for (const std::string& name : network_names()) {
    cases.push_back(case_of(build_network(name, {3, 32, 32, false}, 10)));
    cases.push_back(case_of(build_network(name, {1, 28, 30, false}, 7, 0.3)));
  }
  const std::filesystem::path file = std::filesystem::path(COPPICE_BINARY_DIR) / "model_interop.json";
  std::ofstream(file) << cases;
  const std::string source = COPPICE_SOURCE_DIR;
  const std::string command = std::string(COPPICE_PYTHON) + " " + source +
                              "/tests/unit/model/interop_test.py " + source + "/scripts/python " +
                              file.string();
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace coppice
