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
  virtual std::string name() const = 0;  ///< "libtorch", "libtorch channels-last", "onednn prepacked".
  /// images [n, channels, height, width], logits [n, classes], contiguous.
  virtual void run(const float* images, float* logits) = 0;
};

/// Every way that LibTorch offers on the CPU, with BatchNorm folded (the program's steps, zeros in place):
/// contiguous and channels-last through ATen, and oneDNN with weights packed beforehand and additions and
/// ReLUs fused. As many threads as LibTorch is set to. Ways that this build of LibTorch lacks are left out.
std::vector<std::unique_ptr<DenseNetwork>> dense_networks(const Program& program, std::int64_t images);

}  // namespace coppice
