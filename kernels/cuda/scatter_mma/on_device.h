#pragma once
#include <cstdint>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/row_plan/row_output.h"
#include "kernels/cuda/scatter_mma/scatter_mma.h"

namespace coppice::kernels {

/// A layer's packed weights on the device: what variants share.
class ScatterOnDevice {
 public:
  ScatterOnDevice(const CudaRequest& request, const PackedScatter& packed);
  ScatterOnDevice(const ScatterOnDevice& other);
  ScatterOnDevice& operator=(const ScatterOnDevice&) = delete;

  /// All that the kernel is told but x and what is a runner's own.
  ScatterProblem problem(const void* residual, void* y) const;
  std::int64_t bytes_read() const { return bytes_read_ + rows_.bytes(); }
  const ScatterTiling& tiling() const { return tiling_; }
  const ScatterLaunch& launch() const { return launch_; }  ///< Less overlap and stream.
  std::int64_t partial_bytes() const { return partial_bytes_; }
  std::int64_t row_blocks() const { return row_blocks_; }

 private:
  ScatterTiling tiling_;
  std::int64_t bytes_read_, partial_bytes_, row_blocks_;
  RowsOnDevice rows_;
  DeviceBuffer words_, slices_, parts_, starts_, columns_;
  ScatterProblem problem_ = {};
  ScatterLaunch launch_;
};

/// Where the parts of a launch leave their sums: two launches at once need two of them.
class ScatterWorkspace {
 public:
  explicit ScatterWorkspace(const ScatterOnDevice& layer);
  void give_to(ScatterProblem& problem);

 private:
  DeviceBuffer partials_, arrived_;
};

}  // namespace coppice::kernels
