// The end of a block of threads: the sums of its tile, which stand in shared memory, become outputs.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/patches/tile.cuh"
#include "kernels/cuda/row_plan/store_rows.cuh"

namespace coppice::kernels {

/// y = act(sum + bias + residual) for all rows of a block and the tile's outputs, where the images of a pixel
/// are side by side and come in eights: p.y.image_step is 1, p.images and p.tile_images multiples of 8.
///   sums   in shared memory: [slot of the plan][pitch], column pixel * p.tile_images + image; pitch a
///   multiple
///          of 4, 16-byte aligned
/// As store_rows() in all else.
template <class Element>
__device__ __forceinline__ void store_tile(const RowOutput& out, const PatchProblem& p, const TileAt& tile,
                                           std::uint32_t block, const float* sums, std::uint32_t pitch) {
  constexpr std::uint32_t kVector = 16 / sizeof(Element);
  const PlannedRow* const rows = out.rows + out.rows_from[block];
  const std::uint16_t* const slots = out.row_slots + static_cast<std::int64_t>(block) * out.block_slots;
  const std::uint32_t count = out.rows_from[block + 1] - out.rows_from[block];
  const std::uint32_t of_pixel = p.tile_images / kVector;
  const std::uint32_t vectors = p.tile_width * p.tile_height * of_pixel;
  for (std::uint32_t i = threadIdx.x; i < count * vectors; i += blockDim.x) {
    const PlannedRow row = rows[i / vectors];
    const std::uint32_t vector = i % vectors, image = tile.image + vector % of_pixel * kVector;
    const std::int32_t pixel = output_pixel(p, tile, vector / of_pixel);
    if (pixel < 0 || image >= p.images) continue;
    float sum[kVector] = {};
    for (std::uint32_t s = row.first; s < row.last; ++s)
      add_sums(sum, sums + slots[s] * pitch + vector * kVector);
    store_vector_of_row<Element>(out, out.bias ? out.bias[row.row] : 0.0f,
                                 row.row * p.y.channel_step + pixel + image, sum);
  }
}

/// The same for one image of each tile (p.tile_images is 1), pixels wherever they lie: neighbouring threads
/// take neighbouring pixels. pitch need not be a multiple of anything.
template <class Element>
__device__ __forceinline__ void store_pixels(const RowOutput& out, const PatchProblem& p, const TileAt& tile,
                                             std::uint32_t block, const float* sums, std::uint32_t pitch) {
  const PlannedRow* const rows = out.rows + out.rows_from[block];
  const std::uint16_t* const slots = out.row_slots + static_cast<std::int64_t>(block) * out.block_slots;
  const std::uint32_t count = out.rows_from[block + 1] - out.rows_from[block];
  const std::uint32_t pixels = p.tile_width * p.tile_height;
  const std::int64_t image = tile.image * p.y.image_step;
  for (std::uint32_t i = threadIdx.x; i < count * pixels; i += blockDim.x) {
    const PlannedRow row = rows[i / pixels];
    const std::int32_t pixel = output_pixel(p, tile, i % pixels);
    if (pixel < 0) continue;
    float sum = 0;
    for (std::uint32_t s = row.first; s < row.last; ++s) sum += sums[slots[s] * pitch + i % pixels];
    const std::int64_t at = image + row.row * p.y.channel_step + pixel;
    store_element(static_cast<Element*>(out.y) + at,
                  finished<Element>(out, out.bias ? out.bias[row.row] : 0.0f, at, sum));
  }
}

}  // namespace coppice::kernels
