#pragma once
#include <cstdint>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/memory.h"
#include "kernels/cuda/row_plan/row_plan.h"

namespace coppice::kernels {

/// What turns sums into rows of the output (store_rows.cuh): a part of what kernels are told.
struct RowOutput {
  const PlannedRow* rows;
  const std::uint32_t* rows_from;
  const std::uint16_t* row_slots;
  const float* bias;     ///< [rows], or null.
  const void* residual;  ///< Or null. Lies as y does.
  void* y;
  std::int64_t y_row, y_image;  ///< Strides in elements, one of them 1.
  std::uint32_t images;
  std::uint32_t block_slots;
  bool relu;
};

/// What a block's part of it takes in shared memory (shared_rows.cuh), for each slot and in all.
inline constexpr std::uint32_t kSharedSlotBytes = 10, kSharedRowsBytes = 8;

/// A plan's rows and the layer's bias on the device.
class RowsOnDevice {
 public:
  RowsOnDevice(const CudaRequest& request, const RowPlan& plan);
  RowsOnDevice(const RowsOnDevice& other);
  RowsOnDevice& operator=(const RowsOnDevice&) = delete;

  /// With residual and y as the runner was given them.
  RowOutput output(const void* residual, void* y) const;
  std::int64_t bytes() const;  ///< That a run reads of them.

 private:
  DeviceBuffer rows_, rows_from_, row_slots_, bias_;
  RowOutput output_ = {};
};

}  // namespace coppice::kernels
