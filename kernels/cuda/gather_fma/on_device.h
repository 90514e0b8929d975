#pragma once
#include <cstdint>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/gather_fma/gather_fma.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels {

/// A layer's packed weights on the device, and room for the sums of blocks that share columns.
class GatherOnDevice {
 public:
  GatherOnDevice(const CudaRequest& request, const PackedGather& packed);
  GatherOnDevice(const GatherOnDevice& other);
  GatherOnDevice& operator=(const GatherOnDevice&) = delete;

  /// All that the kernel is told.
  GatherProblem problem(const void* x, const void* residual, void* y) const;
  const GatherTiling& tiling() const { return tiling_; }
  std::int64_t blocks() const { return places() * tiling_.splits; }  ///< Of threads.
  std::int64_t bytes_read() const { return bytes_read_; }

 private:
  std::int64_t places() const;
  void make_room();

  GatherTiling tiling_;
  std::int64_t row_blocks_, bytes_read_, images_;
  DeviceBuffer order_, slices_from_, slices_, columns_, entries_;
  mutable DeviceBuffer parts_, turns_;  // what a launch leaves in them means nothing to the next
  RowsOnDevice rows_;
};

}  // namespace coppice::kernels
