#pragma once
#include "coppice/random.h"
#include "coppice/train.h"

#include "train/mlp/mlp_engine.h"

// What the tests of the engine start from.
namespace coppice {

inline Data small_data(std::vector<std::int64_t> shape = {1, 6, 5}, std::int64_t examples = 150,
                       std::int64_t classes = 5) {
  DataConfig config;
  config.dataset = "synthetic";
  config.synthetic_shape = std::move(shape);
  config.synthetic_examples = examples;
  config.synthetic_classes = classes;
  config.validation = 20;
  return load_data(config);
}

inline Node node(Op op, std::string name, std::int64_t out = 0) {
  Node made;
  made.op = op;
  made.name = std::move(name);
  made.out = out;
  return made;
}

/// flatten, then linear layers "l1", "l2", ... with a ReLU after each but the last.
inline Network chain_of(const Data& data, const std::vector<std::int64_t>& hidden, bool bias = true) {
  Network network;
  network.name = "chain";
  network.input = data.pool.image;
  network.classes = data.classes;
  network.nodes.push_back(node(Op::kFlatten, "flat"));
  for (std::size_t i = 0; i <= hidden.size(); ++i) {
    network.nodes.push_back(
        node(Op::kLinear, "l" + std::to_string(i + 1), i < hidden.size() ? hidden[i] : data.classes));
    network.nodes.back().bias = bias;
    if (i < hidden.size()) network.nodes.push_back(node(Op::kRelu, "r" + std::to_string(i + 1)));
  }
  return complete(network);
}

/// Random masks of a density over all linear weights.
inline Masks random_masks(const Network& network, double density) {
  Masks masks;
  for (const TensorSpec& spec : prunable_tensors(network, {})) {
    NamedMask named = {spec.name, Mask::ones(spec.shape)};
    const Stream stream(7, spec.name);
    for (std::int64_t i = 0; i < named.mask.size(); ++i) named.mask.set(i, stream.uniform(i) < density);
    masks.push_back(named);
  }
  return masks;
}

inline Device cpu(int threads) { return {.type = "cpu", .index = 0, .threads = threads}; }

inline Tensors start_of(const Network& network) { return initialise(network, "kaiming-normal", "ones", 3); }

inline TrainConfig sgd(double rate, double momentum = 0, double decay = 0) {
  TrainConfig config;
  config.batch = 24;
  config.learning_rate = rate;
  config.momentum = momentum;
  config.weight_decay = decay;
  return config;
}

inline TrainConfig adam(double rate, double decay = 0) {
  TrainConfig config = sgd(rate, 0, decay);
  config.optimizer = "adam";
  return config;
}

}  // namespace coppice
