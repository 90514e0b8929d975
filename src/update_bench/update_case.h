#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cuda_bench/limits.h"

namespace coppice {

/// Optimisers that are timed.
enum class UpdateOptimizer { kSgd, kAdam };
const char* optimizer_name(UpdateOptimizer optimizer);  ///< "sgd" (with momentum and weight decay), "adam"

/// One step of an optimiser for all of a network's parameters on a GPU.
struct UpdateCase {
  std::string network;
  UpdateOptimizer optimizer = UpdateOptimizer::kSgd;
  double density = 1;  ///< Of prunable tensors; at 1 there are no masks.
  CacheState caches = CacheState::kCold;

  bool operator==(const UpdateCase&) const = default;
  std::string text() const;  ///< "resnet-20, sgd, 10% density, cold"
};

/// A trainable tensor of a network.
struct UpdateSize {
  std::int64_t count = 0;
  bool prunable = false;
};
/// lenet-300-100, resnet-20 and vgg-16 for images of MNIST's and CIFAR-10's size, in node order;
/// "6 x 4096x4096": 100 million weights in six tensors. Throws BadInput for other names.
std::vector<UpdateSize> update_sizes(const std::string& network);
std::int64_t elements_of(const std::vector<UpdateSize>& sizes);

/// What is asked of the benchmark.
struct UpdateBenchOptions {
  std::vector<double> densities;    ///< Any; 1, 0.1 and 0.02 where empty.
  std::vector<std::string> caches;  ///< Of "cold" and "warm", both where empty.
  bool quick = false;               ///< SGD on cold caches at 10% alone.
  bool dry = false;                 ///< Bytes and limits alone, with figures of an H200: needs no device.
  std::string out;                  ///< A folder that results are kept in after every case; empty: none.
  int device = 0;
};

/// The most important first. Warm caches only where all of a network's arrays may stay in one. Throws
/// BadInput on unknown words and where no case is left.
std::vector<UpdateCase> update_cases(const UpdateBenchOptions& options);

}  // namespace coppice
