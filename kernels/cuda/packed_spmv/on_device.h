#pragma once
#include <cstdint>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/packed_spmv/packed_spmv.h"

namespace coppice::kernels {

/// A layer's packed weights on the device, and all that the kernel is told but where x, residual
/// and y lie, and what variants share the packing with.
struct SpmvOnDevice {
  SpmvOnDevice(const CudaRequest& request, const PackedSpmv& packed);
  SpmvOnDevice(const SpmvOnDevice& other);
  SpmvOnDevice& operator=(const SpmvOnDevice&) = delete;

  SpmvFormat format;
  std::int64_t bytes_read;
  DeviceBuffer values, slots, pieces, rounds, split_rows_from, split_rows, bias;
  SpmvProblem problem = {};
  SpmvLaunch launch;  ///< Less loads, overlap and stream.

 private:
  void point_at_buffers();
};

}  // namespace coppice::kernels
