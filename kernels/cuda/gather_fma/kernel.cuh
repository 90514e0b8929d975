// y = act(W x + bias + residual) in exact FP32 for many images. No element of x meets two weights of a row,
// so what bounds it is how fast shared memory hands x out:
// - A warp holds the sums of 4 to 32 rows and 32, 64 or 128 images in registers; every nonzero of its rows
//   is one read of x, all images at once, and one multiply-add for each. The nonzero itself is half a read.
// - Warps share x: of the columns that none of the block's rows needs nothing is brought, the others come
//   slice by slice, some under way while one is multiplied. All warps meet once a slice.
// - Where a launch would have too few blocks, several share the columns of one.
// - A row's nonzeros are added in one order: results are the same in every run.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/gather_fma/multiply.cuh"
#include "kernels/cuda/gather_fma/problem.h"
#include "kernels/cuda/gather_fma/splits.cuh"
#include "kernels/cuda/gather_fma/stage.cuh"
#include "kernels/cuda/row_plan/store_rows.cuh"

namespace coppice::kernels {

/// p.splits blocks of threads, each a multiple of 32, for each row block and tile of 32 kLaneImages images.
/// The tiles of a row block are side by side: they read the same entries, and all blocks under way go through
/// x in the same direction.
template <int kRows, int kLaneImages, bool kVectors>
__global__ void __launch_bounds__(kGatherMostThreads, 1) gather_fma_kernel(const GatherProblem p) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  constexpr std::uint32_t kTile = 32 * kLaneImages;
  const std::uint32_t place = blockIdx.x / p.splits, split = blockIdx.x % p.splits;
  const std::uint32_t block = p.order[place / p.tiles], first_image = place % p.tiles * kTile;
  const std::uint32_t first_slice = p.slices_from[block], slices = p.slices_from[block + 1] - first_slice;
  const std::uint32_t end = first_slice + gather_share(slices, split + 1, p.splits);
  std::uint32_t slice = first_slice + gather_share(slices, split, p.splits), ahead = slice;  // to be brought
  unsigned char* const shared = shared_memory();
  const std::uint32_t x_bytes = p.slice_columns * kLaneImages * kGatherLaneBytes;
  const std::uint32_t stage_bytes = x_bytes + p.slice_vectors * 16;
  unsigned char* const last_stage = shared + (p.stages - 1) * stage_bytes;

  // Entries before the previous launch has ended, since nobody writes them.
  for (std::uint32_t stage = 0; stage + 1 < p.stages && slice + stage < end; ++stage) {
    copy_entries(p, p.slices[slice + stage], p.slices[slice + stage + 1],
                 shared + stage * stage_bytes + x_bytes);
  }
  let_next_launch_begin();
  wait_for_previous_launch();
  unsigned char* into = shared;  // where the next slice goes
  for (; into != last_stage; into += stage_bytes, ++ahead) {
    if (ahead < end) {
      const std::uint32_t column = p.slices[ahead].columns;
      copy_columns<kLaneImages, kVectors>(p, listed_column(p, column), p.slices[ahead + 1].columns - column,
                                          first_image, into);
    }
    async_commit();  // with nothing in it, so that all threads wait for as many
  }

  float sums[kRows][kLaneImages] = {};
  const std::uint32_t lane_bytes = threadIdx.x % 32 * (4 * kLaneImages);
  const unsigned char* out_of = shared + lane_bytes;  // the next slice's x, from the lane's images on
  GatherSlice from = {}, to = {};
  std::uint32_t listed = 0;
  if (ahead < end) {
    from = p.slices[ahead], to = p.slices[ahead + 1];
    listed = listed_column(p, from.columns);
  }
#pragma unroll 1
  for (; slice < end; ++slice, ++ahead) {
    if (p.stages == 2)
      async_wait<0>();
    else
      async_wait<1>();
    __syncthreads();  // this slice is there, and the one before it has been used
    if (ahead < end) {
      copy_columns<kLaneImages, kVectors>(p, listed, to.columns - from.columns, first_image, into);
      copy_entries(p, from, to, into + x_bytes);
      listed = listed_column(p, to.columns);
      // Both, though one is known: a copy of `to` would wait for what takes its place.
      from = p.slices[ahead + 1], to = p.slices[ahead + 2];
    }
    async_commit();
    multiply_slice(out_of, reinterpret_cast<const uint4*>(out_of + (x_bytes - lane_bytes)), sums);
    into = into == last_stage ? shared : into + stage_bytes;
    out_of = out_of == last_stage + lane_bytes ? shared + lane_bytes : out_of + stage_bytes;
  }

  async_wait<0>();
  float* const block_sums = reinterpret_cast<float*>(shared);
  float* const warp_sums = block_sums + threadIdx.x / 32 * kRows * kTile + threadIdx.x % 32 * kLaneImages;
  if (p.splits == 1) {
    __syncthreads();  // the last slice has been used
#pragma unroll
    for (int row = 0; row < kRows; ++row) store_floats(warp_sums + row * kTile, sums[row]);
  } else {
    std::uint32_t* const flag =
        reinterpret_cast<std::uint32_t*>(block_sums + blockDim.x / 32 * kRows * kTile);
    if (!add_splits(p, place, split, sums, warp_sums, kTile, flag)) return;
  }
  __syncthreads();
  const std::uint32_t images = p.out.images - first_image;
  store_rows<float>(p.out, block, block_sums, kTile, first_image, images < kTile ? images : kTile);
#endif
}

}  // namespace coppice::kernels
