// Programs and slim networks compute what the network's definition says: for every network of the registry
// and for random ones, whole and pruned.
#include "sparse/program.h"
#include "sparse/slim.h"
#include "unit/sparse/support.h"

namespace coppice {
namespace {

constexpr double kDensities[] = {1, 0.5, 0.1, 0.02};

/// Checks a network pruned to these masks, and says whether that told much: units were removed, and the
/// logits still depend on the image.
bool check(const Network& network, Tensors tensors, const Masks& masks) {
  apply_masks(masks, tensors);
  const std::vector<float> images = random_images(network, 2, 5);
  const std::vector<double> expected = reference_logits(network, tensors, images);
  const Program program = compile_program(network, tensors);
  expect_same_logits(reference_logits(program, images), expected);

  const SlimNetwork slim = remove_dead_units(network, tensors, masks);
  check_tensors(slim.network, slim.tensors, "slim");
  EXPECT_EQ(nonzero_pruned(slim.masks, slim.tensors), 0);
  expect_same_logits(reference_logits(slim.network, slim.tensors, images), expected);
  const Program slim_program = compile_program(slim.network, slim.tensors);
  expect_same_logits(reference_logits(slim_program, images), expected);
  EXPECT_LE(slim_program.sparse_flops(1), program.sparse_flops(1));
  EXPECT_EQ(slim_program.steps.size(), program.steps.size());

  const SlimNetwork again = remove_dead_units(slim.network, slim.tensors, slim.masks);
  EXPECT_EQ(again.removed, 0);
  EXPECT_EQ(again.network, slim.network);
  EXPECT_EQ(again.tensors, slim.tensors);
  EXPECT_EQ(again.masks, slim.masks);
  const auto middle = expected.begin() + static_cast<std::ptrdiff_t>(expected.size() / 2);
  return slim.removed > 0 && !std::equal(expected.begin(), middle, middle);
}

/// What Value, Step and Program promise about each other.
void check_invariants(const Program& program, const Network& network) {
  ASSERT_EQ(program.values.size(), program.steps.size() + 1);
  std::vector<std::int64_t> halo(program.values.size(), 0);
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const Step& step = program.steps[i];
    const Value& out = program.values.at(step.output);
    EXPECT_EQ(step.output, i + 1);
    for (const std::size_t input : step.inputs) EXPECT_LE(input, i);
    if (step.kind != Step::Kind::kLayer) continue;
    const kernels::LayerShape& shape = step.layer.shape;
    const Value& in = program.values[step.inputs[0]];
    EXPECT_EQ(in.channels, shape.channels);
    EXPECT_EQ(in.height, shape.height);
    EXPECT_EQ(in.width, shape.width);
    EXPECT_EQ(out.channels, shape.outputs);
    EXPECT_EQ(out.height, shape.out_height());
    EXPECT_EQ(out.width, shape.out_width());
    EXPECT_EQ(step.layer.relu, step.relu);
    EXPECT_EQ(step.inputs.size(), step.layer.residual ? 2u : 1u);
    halo[step.inputs[0]] = std::max(halo[step.inputs[0]], shape.padding);
  }
  for (std::size_t sweep = 0; sweep < halo.size(); ++sweep) {
    for (const Step& step : program.steps) {
      if (step.kind != Step::Kind::kLayer || !step.layer.residual) continue;
      halo[step.inputs[1]] = halo[step.output] = std::max(halo[step.inputs[1]], halo[step.output]);
    }
  }
  for (std::size_t v = 0; v < halo.size(); ++v) EXPECT_EQ(program.values[v].halo, halo[v]);
  EXPECT_EQ(program.values.back().channels, network.classes);
}

/// Every value is what the node whose name it bears makes.
void check_values(const Program& program, const Network& network, const Tensors& tensors) {
  const std::vector<float> image = random_images(network, 1, 6);
  const auto expected = reference_values(network, tensors, image.data());
  const auto actual = reference_values(program, image.data());
  for (std::size_t v = 0; v < actual.size(); ++v) {
    SCOPED_TRACE(program.values[v].name);
    expect_same_logits(actual[v], expected.at(program.values[v].name));
  }
}

TEST(SameOutput, RegistryNetworks) {
  int telling = 0;
  for (const std::string& name : network_names()) {
    SCOPED_TRACE(name);
    const bool residual = name.starts_with("resnet");
    const Extent image = residual ? Extent{3, 9, 8, false} : Extent{3, 17, 16, false};
    const Network network = build_network(name, image, 7, residual ? 0.25 : 0.08);
    const Tensors tensors = random_tensors(network, 1);
    check_invariants(compile_program(network, tensors), network);
    check_values(compile_program(network, tensors), network, tensors);
    for (const double density : kDensities)
      telling += check(network, tensors, ragged_masks(network, density, 2));
  }
  EXPECT_GE(telling, 16);
}

TEST(SameOutput, RandomNetworks) {
  int telling = 0;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE(seed);
    const Network network = random_network(seed);
    const Tensors tensors = random_tensors(network, seed);
    check_invariants(compile_program(network, tensors), network);
    check_values(compile_program(network, tensors), network, tensors);
    for (const double density : kDensities)
      telling += check(network, tensors, ragged_masks(network, density, seed));
  }
  EXPECT_GE(telling, 80);
}

TEST(SameOutput, EmptyNetworks) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    const Network network = random_network(seed);
    check(network, random_tensors(network, seed), ragged_masks(network, 0, seed));
    check(network, plain_tensors(network, 0), full_masks(network, {}));
  }
}

TEST(RandomNetwork, HasEverythingInIt) {
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    const Network network = random_network(seed);
    EXPECT_EQ(network, random_network(seed));
    EXPECT_EQ(network, complete(network));
    for (const Node& node : network.nodes) {
      ++seen[std::string(op_name(node.op))];
      seen["dilated"] += node.dilation > 1;
      seen["without bias"] += !node.bias;
      seen["padded pool"] += node.op != Op::kConv && node.padding > 0;
      seen["sum of three"] += node.inputs.size() == 3;
      seen["sum with itself"] += node.inputs.size() == 2 && node.inputs[0] == node.inputs[1];
    }
    for (const Step& step : compile_program(network, random_tensors(network, seed)).steps) {
      ++seen["step " + std::to_string(static_cast<int>(step.kind))];
      seen["residual"] += step.layer.residual;
    }
  }
  EXPECT_EQ(seen.size(), 10u + 5 + 7);
  for (const auto& [what, count] : seen) EXPECT_GE(count, 10) << what;
}

}  // namespace
}  // namespace coppice
