#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sparse/program.h"

namespace coppice {

/// A whole network on dense kernels: the baseline that tickets are compared with.
class DenseNetwork {
 public:
  virtual ~DenseNetwork() = default;
  virtual std::string name() const = 0;  ///< "libtorch", "onednn prepacked", ...
  /// images [n, channels, height, width], logits [n, classes], contiguous.
  virtual void run(const float* images, float* logits) = 0;
};

/// Every way that LibTorch offers on the CPU, with BatchNorm folded (the program's steps, zeros in place):
/// - "libtorch" and "libtorch channels-last": ATen's operations on contiguous or channels-last tensors;
/// - "onednn prepacked": oneDNN with weights packed beforehand and additions and ReLUs fused, MKL with packed
///   weights for linear layers; left out where this build of LibTorch lacks oneDNN;
/// - "libtorch fastest of each layer": channels-last, with whichever of the above was quickest for each layer
///   when the network was made.
/// As many threads as LibTorch is set to, now and in every run.
std::vector<std::unique_ptr<DenseNetwork>> dense_networks(const Program& program, std::int64_t images);

}  // namespace coppice
