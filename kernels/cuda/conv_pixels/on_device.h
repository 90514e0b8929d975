#pragma once
#include <cstdint>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/conv_pixels/conv_pixels.h"
#include "kernels/cuda/memory.h"

namespace coppice::kernels {

/// A layer's packed weights on the device, and room for the sums of blocks that share channels.
class ConvPixelsOnDevice {
 public:
  ConvPixelsOnDevice(const CudaRequest& request, const PackedConvPixels& packed);
  ConvPixelsOnDevice(const ConvPixelsOnDevice& other);
  ConvPixelsOnDevice& operator=(const ConvPixelsOnDevice&) = delete;

  /// All that the kernel is told.
  ConvPixelsProblem problem(const void* x, const void* residual, void* y) const;
  /// And how it is to be launched.
  ConvPixelsLaunch launch(bool overlap_previous, CudaStream stream) const;
  const ConvPixelsTiling& tiling() const { return tiling_; }
  std::int64_t bytes_read() const { return bytes_read_; }

 private:
  void make_room();

  ConvPixelsTiling tiling_;
  ConvPixelsProblem problem_ = {};  // without what lies on the device
  Precision precision_;
  std::int64_t row_blocks_, shared_bytes_, bytes_read_;
  DeviceBuffer slices_, entries_;
  mutable DeviceBuffer parts_, arrived_;  // what a launch leaves in them means nothing to the next
  RowsOnDevice rows_;
};

}  // namespace coppice::kernels
