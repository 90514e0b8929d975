#include "coppice/prune.h"

#include <algorithm>
#include <functional>
#include <map>
#include <random>

#include "unit/model/networks.h"

namespace coppice {
namespace {

/// A mask of a weight that keeps only the given flat positions.
NamedMask only(const Network& network, const std::string& name,
               const std::vector<std::int64_t>& kept_positions) {
  for (const TensorSpec& spec : tensor_specs(network)) {
    if (spec.name != name) continue;
    Mask mask =
        Mask::from_bytes(spec.shape, std::vector<std::uint8_t>(Mask::ones(spec.shape).bytes().size(), 0));
    for (const std::int64_t position : kept_positions) mask.set(position, true);
    return {name, mask};
  }
  throw BadInput("no tensor " + name);
}

Masks all_kept(const Network& network) {
  Masks masks;
  for (const TensorSpec& spec : prunable_tensors(network, {}))
    masks.push_back({spec.name, Mask::ones(spec.shape)});
  return masks;
}

Network two_layers() {
  return complete(
      {"mlp",
       {2, 1, 1, false},
       2,
       {node(Op::kFlatten, "flat"), linear("fc1", 3), node(Op::kRelu, "relu"), linear("fc2", 2)}});
}

TEST(Density, HandWorkedTwoLayers) {
  const Network network = two_layers();
  // The image reaches hidden units 0 and 1, outputs need 0 and 2: only the path through unit 0 is whole.
  const Masks masks = {only(network, "fc1.weight", {0 * 2 + 0, 1 * 2 + 1}),
                       only(network, "fc2.weight", {0 * 3 + 0, 0 * 3 + 2, 1 * 3 + 2})};
  EXPECT_EQ(effective_masks(network, masks),
            (Masks{only(network, "fc1.weight", {0}), only(network, "fc2.weight", {0})}));
  const Density result = density(network, masks);
  EXPECT_EQ(result.prunable, 12);
  EXPECT_EQ(result.kept, 5);
  EXPECT_DOUBLE_EQ(result.of_prunable, 5.0 / 12);
  EXPECT_DOUBLE_EQ(result.of_total, (5.0 + 5) / 17);  // 5 biases stay
  EXPECT_DOUBLE_EQ(result.effective, 2.0 / 12);
}

TEST(Density, ExcludedWeightsJoinButDoNotCount) {
  const Network network = two_layers();
  const Masks masks = {only(network, "fc1.weight", {0, 3})};  // fc2 is not prunable: it needs every unit
  EXPECT_EQ(effective_masks(network, masks), masks);
  const Density result = density(network, masks);
  EXPECT_EQ(result.prunable, 6);
  EXPECT_DOUBLE_EQ(result.effective, 2.0 / 6);
  EXPECT_DOUBLE_EQ(result.of_total, (2.0 + 3 + 6 + 2) / 17);
}

TEST(Density, HandWorkedResidual) {
  const Network network =
      complete({"residual",
                {2, 2, 2, false},
                2,
                {conv("a", 2, 1), node(Op::kRelu, "r"), conv("b", 2, 3, 1), node(Op::kAdd, "sum", {"b", "r"}),
                 node(Op::kGlobalAvgPool, "g"), linear("fc", 2)}});
  const auto b = [](std::int64_t out, std::int64_t in, std::int64_t k) { return (out * 2 + in) * 9 + k; };
  // a: channel 0 only. b: 0 -> 1 lives; 0 -> 0 ends in a channel that fc ignores; 1 -> 1 starts in a dead
  // one.
  Masks masks = {only(network, "a.weight", {0}),
                 only(network, "b.weight", {b(1, 0, 4), b(0, 0, 0), b(1, 1, 2)}),
                 only(network, "fc.weight", {0 * 2 + 1})};
  const Masks expected = {masks[0], only(network, "b.weight", {b(1, 0, 4)}), masks[2]};
  EXPECT_EQ(effective_masks(network, masks), expected);
  // With channel 0 of the sum used, the shortcut alone keeps it alive, and b's 0 -> 0 lives as well.
  masks[2] = only(network, "fc.weight", {1 * 2 + 0});
  EXPECT_EQ(effective_masks(network, masks),
            (Masks{masks[0], only(network, "b.weight", {b(0, 0, 0)}), masks[2]}));
  masks[1] = only(network, "b.weight", {});
  EXPECT_EQ(effective_masks(network, masks), masks);
}

TEST(Density, HandWorkedFlatten) {
  const Network network =
      complete({"flatten", {2, 2, 2, false}, 2, {conv("c", 2, 1), node(Op::kFlatten, "f"), linear("fc", 2)}});
  // Features 0-3 come from channel 0, 4-7 from channel 1.
  Masks masks = {only(network, "c.weight", {0 * 2 + 1}), only(network, "fc.weight", {0 * 8 + 3, 1 * 8 + 6})};
  EXPECT_EQ(effective_masks(network, masks), (Masks{masks[0], only(network, "fc.weight", {3})}));
  masks = {only(network, "c.weight", {0 * 2 + 1, 1 * 2 + 0}), only(network, "fc.weight", {3})};
  EXPECT_EQ(effective_masks(network, masks), (Masks{only(network, "c.weight", {0 * 2 + 1}), masks[1]}));
}

TEST(Density, WholeAndEmptyNetworks) {
  for (const char* name : {"lenet-300-100", "conv-4", "vgg-11", "resnet-20"}) {
    const Network network = build_network(name, {3, 32, 32, false}, 10, 0.1);
    Masks masks = all_kept(network);
    EXPECT_EQ(effective_masks(network, masks), masks) << name;
    const Density whole = density(network, masks);
    EXPECT_EQ(whole.of_prunable, 1.0);
    EXPECT_EQ(whole.of_total, 1.0);
    EXPECT_EQ(whole.effective, 1.0);
    masks.back() = only(network, masks.back().name, {});  // no output is reached: everything is dead
    EXPECT_EQ(density(network, masks).effective, 0.0) << name;
    EXPECT_GT(density(network, masks).of_prunable, 0.9) << name;
  }
}

TEST(Density, AMaskOfAnotherNetworkIsRefused) {
  const Network network = two_layers();
  expect_words(message_of([&] {
                 density(network, {{"fc3.weight", Mask::ones({2, 3})}});
               }),
               {"'fc3.weight'", "'mlp'"});
  expect_words(message_of([&] { density(network, {{"fc2.weight", Mask::ones({3, 2})}}); }), {"'fc2.weight'"});
  expect_words(message_of([&] { density(network, {{"fc2.bias", Mask::ones({2})}}); }), {"'fc2.bias'"});
}

/// A random network of convolutions with shortcuts between any two images, closed in one of two ways.
Network random_network(std::mt19937& random) {
  const auto below = [&](unsigned n) { return static_cast<std::int64_t>(random() % n); };
  Network network{"random", {1 + below(2), 2, 2, false}, 2, {}};
  network.nodes.push_back(conv("first", 3, 1));
  std::vector<std::string> images = {"first"};
  for (std::int64_t i = 0, count = 1 + below(4); i < count; ++i) {
    const std::string name = "n" + std::to_string(i);
    const std::string from = images[static_cast<std::size_t>(below(static_cast<unsigned>(images.size())))];
    switch (below(4)) {
      case 0: network.nodes.push_back(node(Op::kAdd, name, {images.back(), from})); break;
      case 1: network.nodes.push_back(node(Op::kBatchNorm, name, {from})); break;
      case 2: network.nodes.push_back(conv(name, 3, 1, 0, {from})); break;
      default: network.nodes.push_back(conv(name, 3, 3, 1, {from}));
    }
    images.push_back(name);
  }
  network.nodes.push_back(node(Op::kAdd, "all", images));  // so that every node is used
  network.nodes.push_back(node(below(2) ? Op::kFlatten : Op::kGlobalAvgPool, "flat"));
  network.nodes.push_back(linear("fc1", 3));
  network.nodes.push_back(linear("fc2", 2));
  if (images.size() == 1) network.nodes[1] = node(Op::kRelu, "all");
  return complete(network);
}

/// Walks every path of kept weights from an image channel to an output, one by one, and marks the pairs of
/// channels along it: slow and plain, for comparison.
class PathWalker {
 public:
  PathWalker(const Network& network, const Masks& masks)
      : network_(network), masks_(masks), extents_(extents(network)) {
    for (std::int64_t c = 0; c < network.input.channels; ++c) walk("x", c, network.input);
  }
  bool on_a_path(const std::string& layer, std::int64_t out, std::int64_t in) const {
    return marked_.contains({layer, out, in});
  }

 private:
  using Step = std::tuple<std::string, std::int64_t, std::int64_t>;

  bool joined(const std::string& layer, std::int64_t out, std::int64_t in, std::int64_t channels) const {
    const Mask* mask = find(masks_, layer + ".weight");
    if (mask == nullptr) return true;
    const std::int64_t window = mask->columns() / channels;
    for (std::int64_t k = 0; k < window; ++k)
      if (mask->get(out * mask->columns() + in * window + k)) return true;
    return false;
  }

  void walk(const std::string& from, std::int64_t channel, const Extent& extent) {
    if (from == network_.nodes.back().name)
      for (const Step& step : path_) marked_[step] = true;
    for (std::size_t i = 0; i < network_.nodes.size(); ++i) {
      const Node& next = network_.nodes[i];
      if (std::find(next.inputs.begin(), next.inputs.end(), from) == next.inputs.end()) continue;
      if (next.op == Op::kFlatten) {
        const std::int64_t features = extent.height * extent.width;
        for (std::int64_t f = 0; f < features; ++f) walk(next.name, channel * features + f, extents_[i]);
      } else if (next.op == Op::kConv || next.op == Op::kLinear) {
        for (std::int64_t out = 0; out < next.out; ++out) {
          if (!joined(next.name, out, channel, extent.channels)) continue;
          path_.push_back({next.name, out, channel});
          walk(next.name, out, extents_[i]);
          path_.pop_back();
        }
      } else {
        walk(next.name, channel, extents_[i]);
      }
    }
  }

  const Network& network_;
  const Masks& masks_;
  std::vector<Extent> extents_;
  std::vector<Step> path_;
  std::map<Step, bool> marked_;
};

TEST(Density, AgreesWithWalkingEveryPath) {
  std::mt19937 random(11);
  std::int64_t dead = 0, alive = 0;
  for (int round = 0; round < 400; ++round) {
    const Network network = random_network(random);
    Masks masks = all_kept(network);
    if (round % 5 == 0) masks.erase(masks.begin() + static_cast<std::ptrdiff_t>(random() % masks.size()));
    const std::uint_fast32_t kept_of_ten = 1 + random() % 5;
    for (NamedMask& mask : masks)
      for (std::int64_t i = 0; i < mask.mask.size(); ++i) mask.mask.set(i, random() % 10 < kept_of_ten);
    const PathWalker walker(network, masks);
    const Masks effective = effective_masks(network, masks);
    ASSERT_EQ(effective.size(), masks.size());
    for (std::size_t m = 0; m < masks.size(); ++m) {
      const Mask& mask = masks[m].mask;
      const std::string layer = masks[m].name.substr(0, masks[m].name.rfind('.'));
      const std::int64_t in = mask.shape()[1], window = mask.columns() / in;
      for (std::int64_t i = 0; i < mask.size(); ++i) {
        const bool expected =
            mask.get(i) && walker.on_a_path(layer, i / mask.columns(), i % mask.columns() / window);
        ASSERT_EQ(effective[m].mask.get(i), expected) << to_json(network) << masks[m].name << " " << i;
        if (mask.get(i)) ++(expected ? alive : dead);
      }
    }
  }
  EXPECT_GT(dead, 1000);  // the comparison saw both kinds
  EXPECT_GT(alive, 1000);
}

}  // namespace
}  // namespace coppice
