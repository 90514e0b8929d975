#pragma once
#include <cstdint>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/panel_mma/panel_mma.h"

namespace coppice::kernels {

/// A layer's packed weights on the device, and all that the kernel is told but where x, residual and y lie.
/// Variants that differ in overlap alone share it.
class PanelsOnDevice {
 public:
  PanelsOnDevice(const CudaRequest& request, const PackedPanels& packed);
  PanelsOnDevice(const PanelsOnDevice& other);
  PanelsOnDevice& operator=(const PanelsOnDevice&) = delete;

  /// Of a run, which uses the sums of parts: runs must follow each other.
  PanelProblem problem(const void* x, const void* residual, void* y);
  const PanelLaunch& launch() const { return launch_; }  ///< Less overlap and stream.
  const PanelTiling& tiling() const { return tiling_; }
  std::int64_t bytes_read() const { return bytes_read_; }

 private:
  PanelTiling tiling_;
  PanelLaunch launch_;
  std::int64_t partials_;  ///< Of all tiles.
  std::int64_t bytes_read_;
  RowsOnDevice rows_;
  DeviceBuffer work_, lists_, from_, records_, places_, partial_sums_, parts_done_;
};

}  // namespace coppice::kernels
