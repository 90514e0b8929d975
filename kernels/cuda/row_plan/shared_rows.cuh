// A block's part of a plan in shared memory, so that the end of the block does not wait for it.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/row_plan/row_output.h"

namespace coppice::kernels {

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
/// Begins to copy a block's rows and slots, of which there must be an even number, to shared memory, aligned
/// to 8 bytes: kSharedSlotBytes for each slot and kSharedRowsBytes. They are there behind a wait for the
/// thread's copies and a barrier.
__device__ __forceinline__ void bring_rows(const RowOutput& out, std::uint32_t block, unsigned char* shared) {
  const std::uint32_t first = out.rows_from[block], count = out.rows_from[block + 1] - first;
  const auto* const rows = reinterpret_cast<const unsigned char*>(out.rows + first);
  const auto* const slots = reinterpret_cast<const unsigned char*>(
      out.row_slots + static_cast<std::int64_t>(block) * out.block_slots);
  for (std::uint32_t i = threadIdx.x; i < out.block_slots / 2; i += blockDim.x)
    async_copy4(shared + 8 * out.block_slots + 4 * i, slots + 4 * i);
  for (std::uint32_t i = threadIdx.x; i < 2 * count; i += blockDim.x)
    async_copy4(shared + 4 * i, rows + 4 * i);
  auto* const rows_from = reinterpret_cast<std::uint32_t*>(shared + 10 * out.block_slots);
  if (threadIdx.x < 2) rows_from[threadIdx.x] = threadIdx.x * count;
}

/// What they came from as a plan of block 0 alone.
__device__ __forceinline__ RowOutput shared_rows(RowOutput out, const unsigned char* shared) {
  out.rows = reinterpret_cast<const PlannedRow*>(shared);
  out.row_slots = reinterpret_cast<const std::uint16_t*>(shared + 8 * out.block_slots);
  out.rows_from = reinterpret_cast<const std::uint32_t*>(shared + 10 * out.block_slots);
  return out;
}
#endif

}  // namespace coppice::kernels
