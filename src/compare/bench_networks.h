#pragma once
#include "coppice/mask.h"
#include "coppice/network.h"

#include <cstdint>
#include <string>
#include <vector>

#include "compare/bench_case.h"
#include "compare/model_comparison.h"

namespace coppice {

/// A network of the literature with fresh weights, pruned by magnitude without training.
struct NetworkCase {
  std::string network;
  std::int64_t batch = 1;
  double density = 1;  ///< Of the prunable weights.
  bool global = true;  ///< Over all layers together, or each layer to the same density.

  std::string text() const;  ///< "resnet-20, batch 16, 10% density, global"
};

/// lenet-300-100 (batch 1 and 128), resnet-20 (1, 16, 128) and vgg-16 (1, 16), on images of MNIST's and
/// CIFAR-10's size; 10% and 5% where no density is given; pruned globally and per layer. Where `quick`:
/// lenet-300-100, and resnet-20 with batch 1, at 10%.
std::vector<NetworkCase> network_cases(const std::vector<double>& densities, bool quick);

/// The case's network with kaiming-normal weights, whole and pruned to exactly round(density x prunable)
/// weights.
struct PrunedNetwork {
  Network network;
  Tensors dense, pruned;
  Masks masks;
};
PrunedNetwork pruned_network(const NetworkCase& what);

struct NetworkTiming {
  NetworkCase what;
  ModelComparison chosen;         ///< The plan as `compare` would run it.
  ModelComparison forced_sparse;  ///< Every layer on a sparse kernel.
};

/// Plans and times one case on random images. Throws Interrupted on Ctrl-C.
NetworkTiming time_network(const NetworkCase& what, const Calibration& machine,
                           const BenchSettings& settings);

}  // namespace coppice
