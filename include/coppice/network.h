#pragma once
#include "coppice/tensor.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace coppice {

/// What flows along an edge of the network for one example: an image [channels, height, width], or a flat
/// vector of `channels` features (height = width = 1).
struct Extent {
  std::int64_t channels = 0;
  std::int64_t height = 1;
  std::int64_t width = 1;
  bool flat = false;

  std::int64_t size() const { return channels * height * width; }
  bool operator==(const Extent&) const = default;
};

enum class Op {
  kConv,
  kLinear,
  kBatchNorm,
  kRelu,
  kMaxPool,
  kAvgPool,
  kGlobalAvgPool,
  kFlatten,
  kAdd,
  kDropout
};

std::string_view op_name(
    Op op);  ///< "conv", "linear", "batch_norm", ...: as configs and checkpoints write it.

/// One operation. Fields that an operation does not use keep their defaults.
struct Node {
  Op op = Op::kRelu;
  std::string name = {};                 ///< Names its tensors: "c1" owns "c1.weight" and "c1.bias".
  std::vector<std::string> inputs = {};  ///< Earlier nodes; "x" is the image. Two or more for add, else one.
  std::int64_t out = 0;                  ///< conv: channels, linear: features.
  std::int64_t kernel = 0;               ///< conv and pools: side of the square window.
  std::int64_t stride = 0;               ///< 0: 1 for conv, `kernel` for pools.
  std::int64_t padding = 0;              ///< conv and pools, on every side.
  std::int64_t dilation = 1;             ///< conv.
  bool bias = true;                      ///< conv and linear.
  double rate = 0.5;                     ///< dropout: fraction set to zero while training.

  bool operator==(const Node&) const = default;
};

/// A network as data: the one description from which the training module, PyTorch's names, the prunable set,
/// FLOPs and (later) the sparse plan are derived. Checkpoints carry it as JSON under the metadata key
/// "network".
struct Network {
  std::string name;
  Extent input;              ///< The image.
  std::int64_t classes = 0;  ///< Features of the last node.
  std::vector<Node> nodes;   ///< In order of execution; the last one is the output (logits).

  bool operator==(const Network&) const = default;
};

/// Fills defaults (an empty `inputs` is the node before, stride) and checks everything: names (unique, not
/// "x", characters of a PyTorch module path), inputs that exist, sizes that fit, an output of `classes` flat
/// features, every node used. Throws BadInput naming the node.
Network complete(Network network);

/// Output extent of every node of a complete network, in node order.
std::vector<Extent> extents(const Network& network);

/// Names that `build_network` knows: lenet-300-100, conv-2, ..., resnet-110.
std::vector<std::string> network_names();

/// A network of the literature for the given image and number of classes; `width` scales every hidden layer
/// (rounded to nearest, at least 1). Throws BadInput for an unknown name (naming the nearest) or an image too
/// small. Sources: LeCun 1998 and Frankle & Carbin 2019 (lenet, conv-N), Simonyan & Zisserman 2015 in
/// open_lth's CIFAR form (vgg-N), He et al. 2016 section 4.2 with projection shortcuts (resnet-N).
Network build_network(std::string_view name, Extent image, std::int64_t classes, double width = 1.0);

std::string to_json(const Network& network);
/// Reads what `to_json` wrote, and completes it. Throws BadInput naming the node and field.
Network network_from_json(std::string_view json);

/// What a tensor of a network is for.
enum class Role { kWeight, kBias, kScale, kShift, kRunningMean, kRunningVar, kBatchCount };

/// One parameter or buffer, named and shaped as PyTorch would.
struct TensorSpec {
  std::string name;                 ///< "layer1.0.conv1.weight"
  std::vector<std::int64_t> shape;  ///< conv weight [out, in, k, k], linear weight [out, in].
  DType dtype = DType::kF32;        ///< kI64 for the batch counter.
  Role role = Role::kWeight;
  std::size_t node = 0;  ///< Index into Network::nodes.

  bool trainable() const { return role <= Role::kShift; }
};

/// Parameters and buffers in node order.
std::vector<TensorSpec> tensor_specs(const Network& network);

/// Weight tensors of linear and convolution nodes that match none of `exclude` (names or globs, of nodes or
/// of tensors), in node order. Throws BadInput where a pattern matches nothing or nothing is left.
std::vector<TensorSpec> prunable_tensors(const Network& network, const std::vector<std::string>& exclude);

/// Names that `initialise` knows.
std::vector<std::string> initialisation_names();

/// Fresh parameters and buffers, each tensor from a random stream of its own (seed, "init", tensor name).
/// Weights by `scheme`: kaiming-normal, kaiming-uniform (He et al. 2015, fan in, gain sqrt 2), glorot-normal,
/// glorot-uniform (Glorot & Bengio 2010), lecun-normal. Biases and shifts 0; running mean 0 and variance 1.
/// BatchNorm scales: `norm_scale` "ones", or "uniform" on [0, 1) as open_lth does.
Tensors initialise(const Network& network, std::string_view scheme, std::string_view norm_scale,
                   std::uint64_t seed);

/// Throws BadInput, naming the first difference, unless `tensors` holds exactly the parameters and buffers of
/// `network`, with their shapes and types.
void check_tensors(const Network& network, const Tensors& tensors, const std::string& where);

/// Multiply-adds x 2 of one forward pass for one example in linear and conv nodes, per node (0 for others).
std::vector<double> forward_flops(const Network& network);

/// Forward, input-gradient and weight-gradient FLOPs of one training example; no input gradient where the
/// input is the image.
double training_flops(const Network& network);

}  // namespace coppice
