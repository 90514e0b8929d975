// y = act(W * x + bias + residual) for few images in exact FP32, W a sparse convolution, pixels across lanes.
// With one image there is hardly a microsecond of work for each multiprocessor, so what bounds it is how long
// one waits for the other:
// - Many small blocks: rows, tiles of pixels and, where these are too few, channels are dealt out, so that
// all
//   multiprocessors have work, and enough warps to hide what each waits for.
// - What depends on weights alone (their copies, where cells lie, zeros of the padding) comes before the
//   launch before this one has ended; then all channels of the block are under way at once, if there is room,
//   and the first are multiplied while others arrive.
// - A lane holds 1 to 8 pixels of one row's sums in registers while a warp goes through the row's nonzeros:
//   each is one uniform read and one read of the patch for every 32 pixels. Between chunks of channels sums
//   stand in shared memory, so that a block may have any number of rows.
// - A row's nonzeros are added in one order: results are the same in every run.
#pragma once
#include <cstdint>

#include "kernels/cuda/conv_pixels/multiply.cuh"
#include "kernels/cuda/conv_pixels/problem.h"
#include "kernels/cuda/conv_pixels/stage.cuh"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/patches/store_tile.cuh"
#include "kernels/cuda/row_plan/add_parts.cuh"
#include "kernels/cuda/row_plan/shared_rows.cuh"

namespace coppice::kernels {

/// A grid of [row blocks][p.splits][tiles] blocks of threads, each a multiple of 32. A tile has at most 32
/// kLanePixels pixels. Blocks are held to 64 registers, of which a multiprocessor has enough for two of the
/// largest, where a lane's pixels allow it.
template <class Element, int kLanePixels>
__global__ void __launch_bounds__(kConvPixelsMostThreads, kLanePixels <= 4 ? 2 : 1)
    conv_pixels_kernel(const ConvPixelsProblem p) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  const std::uint32_t row_block = blockIdx.z, split = blockIdx.y;
  const std::uint32_t begin = p.chunks * split / p.splits, end = p.chunks * (split + 1) / p.splits;
  const std::uint32_t* const slices = p.slices + static_cast<std::int64_t>(row_block) * p.chunks;
  unsigned char* const shared = shared_memory();

  // Before the previous launch has ended, since nobody writes weights.
  std::uint32_t live = 0;  // a bit for each of the first chunks: it has nonzeros, so its patches are read
  for (std::uint32_t stage = 0; stage < p.stages && begin + stage < end; ++stage) {
    const std::uint32_t first = slices[begin + stage], last = slices[begin + stage + 1];
    copy_slice(p, first, last, shared + stage * p.stage_bytes + p.patch_bytes);
    live |= (last - first > p.empty_vectors ? 1u : 0u) << stage;
  }
  const TileAt tile = tile_at(p.patch, blockIdx.x);
  PatchCopier<Element> patches(p, tile);
  const LanePixels<kLanePixels> pixels(p);
  zero_padding(p, patches.cells, shared);
  float* const block_sums = reinterpret_cast<float*>(shared + p.stages * p.stage_bytes);
  const std::uint32_t warp_sums = p.warp_rows * 32 * kLanePixels;
  float* const sums = block_sums + threadIdx.x / 32 * warp_sums + threadIdx.x % 32;
  for (std::uint32_t i = 0; i < warp_sums; i += 32) sums[i] = 0;
  unsigned char* const rows = reinterpret_cast<unsigned char*>(block_sums + blockDim.x / 32 * warp_sums);
  bring_rows(p.out, row_block, rows);

  const auto bring_patches = [&](std::uint32_t chunk, unsigned char* to) {
    const std::uint32_t first = chunk * p.chunk_channels;
    patches.copy(p, first, min(p.chunk_channels, p.channels - first), to);
  };
  std::uint32_t ahead = min(begin + p.stages, end);  // the next chunk to be brought
  std::uint32_t from = slices[ahead], to = slices[min(ahead + 1, end)];
  let_next_launch_begin();
  wait_for_previous_launch();
#pragma unroll 1
  for (std::uint32_t stage = 0; stage < p.stages; ++stage) {
    if (live >> stage & 1u) bring_patches(begin + stage, shared + stage * p.stage_bytes);
    async_commit();  // with nothing in it, so that all threads wait for as many
  }

  unsigned char *into = shared, *out_of = shared;
  unsigned char* const last_stage = shared + (p.stages - 1) * p.stage_bytes;
#pragma unroll 1
  for (std::uint32_t chunk = begin; chunk < end; ++chunk) {
    wait_for_copies(p.stages - (chunk == begin ? 1 : 2));
    __syncthreads();  // this chunk is there, and the one before it has been used
    if (chunk > begin) {
      if (ahead < end) {
        copy_slice(p, from, to, into + p.patch_bytes);
        if (to - from > p.empty_vectors) bring_patches(ahead, into);
        ++ahead;
        from = to, to = slices[min(ahead + 1, end)];
      }
      async_commit();
      into = into == last_stage ? shared : into + p.stage_bytes;
    }
    multiply_slice(out_of, reinterpret_cast<const uint4*>(out_of + p.patch_bytes), p.warp_rows, pixels, sums);
    out_of = out_of == last_stage ? shared : out_of + p.stage_bytes;
  }

  async_wait<0>();
  __syncthreads();  // all sums are there
  if (p.splits > 1) {
    const std::uint32_t vectors = blockDim.x / 32 * warp_sums / 4;
    const std::uint32_t place = row_block * gridDim.x + blockIdx.x;
    float4* const room =
        reinterpret_cast<float4*>(p.parts) + static_cast<std::int64_t>(place) * p.splits * vectors;
    std::uint32_t* const flag =
        reinterpret_cast<std::uint32_t*>(rows + (p.out.block_slots * kSharedSlotBytes + kSharedRowsBytes));
    if (!add_parts(room, p.arrived + place, split, p.splits, reinterpret_cast<float4*>(block_sums), vectors,
                   flag))
      return;
    __syncthreads();
  }
  store_pixels<Element>(shared_rows(p.out, rows), p.patch, tile, 0, block_sums, 32 * kLanePixels);
#endif
}

}  // namespace coppice::kernels
