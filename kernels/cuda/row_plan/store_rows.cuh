// The end of a block of threads: its sums, which stand in shared memory, become rows of the output.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/row_plan/row_output.h"

namespace coppice::kernels {

/// The element's value before what is stored: sum, bias and residual in FP32.
template <class Element>
__device__ __forceinline__ float finished(const RowOutput& out, float bias, std::int64_t at, float sum) {
  const float residual = out.residual ? to_float(static_cast<const Element*>(out.residual)[at]) : 0.0f;
  return activated(sum + bias + residual, out.relu);
}

/// 16 bytes of a row, all of them there and aligned.
template <class Element>
__device__ __forceinline__ void store_vector_of_row(const RowOutput& out, float bias, std::int64_t at,
                                                    const float* sums) {
  uint4 residual = make_uint4(0, 0, 0, 0), y;
  if (out.residual)
    residual = *reinterpret_cast<const uint4*>(static_cast<const Element*>(out.residual) + at);
  const std::uint32_t added[4] = {residual.x, residual.y, residual.z, residual.w};
  std::uint32_t words[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if constexpr (sizeof(Element) == 4) {
      words[i] = __float_as_uint(activated(sums[i] + bias + __uint_as_float(added[i]), out.relu));
    } else {
      const float low = sums[2 * i] + bias + widen(added[i] & 0xffffu);
      const float high = sums[2 * i + 1] + bias + widen(added[i] >> 16);
      words[i] = narrow(activated(low, out.relu)) | narrow(activated(high, out.relu)) << 16;
    }
  }
  y.x = words[0], y.y = words[1], y.z = words[2], y.w = words[3];
  *reinterpret_cast<uint4*>(static_cast<Element*>(out.y) + at) = y;
}

/// Neighbouring sums, 16-byte aligned, of another piece of a row.
template <std::uint32_t kCount>
__device__ __forceinline__ void add_sums(float (&sum)[kCount], const float* piece) {
#pragma unroll
  for (std::uint32_t quad = 0; quad < kCount / 4; ++quad) {
    const float4 v = reinterpret_cast<const float4*>(piece)[quad];
    sum[4 * quad] += v.x, sum[4 * quad + 1] += v.y, sum[4 * quad + 2] += v.z, sum[4 * quad + 3] += v.w;
  }
}

/// y = act(sum + bias + residual) for all rows of a block and `columns` images from `first` on.
///   sums   in shared memory: [slot of the plan][pitch], column 0 for image `first`; pitch a multiple of 4,
///          16-byte aligned, and room for columns rounded up to 8
/// The sums of a split row's pieces are added in their order. All threads of the block call it, behind a
/// barrier that follows the last write to the sums.
template <class Element>
__device__ __forceinline__ void store_rows(const RowOutput& out, std::uint32_t block, const float* sums,
                                           std::uint32_t pitch, std::uint32_t first, std::uint32_t columns) {
  constexpr std::uint32_t kVector = 16 / sizeof(Element);
  const PlannedRow* const rows = out.rows + out.rows_from[block];
  const std::uint16_t* const slots = out.row_slots + static_cast<std::int64_t>(block) * out.block_slots;
  const std::uint32_t count = out.rows_from[block + 1] - out.rows_from[block];
  if (out.y_image != 1) {  // neighbouring threads take neighbouring rows
    for (std::uint32_t i = threadIdx.x; i < count * columns; i += blockDim.x) {
      const PlannedRow row = rows[i % count];
      const std::uint32_t column = i / count;
      float sum = 0;
      for (std::uint32_t s = row.first; s < row.last; ++s) sum += sums[slots[s] * pitch + column];
      const std::int64_t at = row.row * out.y_row + (first + column) * out.y_image;
      store_element(static_cast<Element*>(out.y) + at,
                    finished<Element>(out, out.bias ? out.bias[row.row] : 0.0f, at, sum));
    }
    return;
  }
  const std::uint32_t vectors = (columns + kVector - 1) / kVector;
  const bool aligned = out.y_row % kVector == 0 && first % kVector == 0;
  for (std::uint32_t i = threadIdx.x; i < count * vectors; i += blockDim.x) {
    const PlannedRow row = rows[i / vectors];
    const std::uint32_t column = i % vectors * kVector;
    float sum[kVector] = {};
    for (std::uint32_t s = row.first; s < row.last; ++s) add_sums(sum, sums + slots[s] * pitch + column);
    const float bias = out.bias ? out.bias[row.row] : 0.0f;
    const std::int64_t at = row.row * out.y_row + first + column;
    if (aligned && column + kVector <= columns) {
      store_vector_of_row<Element>(out, bias, at, sum);
    } else {
#pragma unroll
      for (std::uint32_t v = 0; v < kVector; ++v) {
        if (column + v < columns)
          store_element(static_cast<Element*>(out.y) + at + v, finished<Element>(out, bias, at + v, sum[v]));
      }
    }
  }
}

}  // namespace coppice::kernels
