// A chunk on its way into shared memory: its channels' patches, as floats, and the nonzeros that meet them.
#pragma once
#include <cstdint>

#include "kernels/cuda/conv_pixels/problem.h"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/patches/tile.cuh"

namespace coppice::kernels {

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
/// How the threads of a block share the cells of channels that all have the same ones: this one takes cell
/// `cell` and every `step`th after it, of channel `turn` and every `turns`th. Neighbours take neighbours.
struct CellShare {
  std::uint32_t cell, step, turn, turns;
};
__device__ __forceinline__ CellShare cell_share(std::uint32_t cells) {
  CellShare share;
  if (cells == 0 || cells > blockDim.x) {
    share.cell = threadIdx.x, share.step = blockDim.x, share.turn = 0, share.turns = 1;
  } else {  // those too many to share a channel have no cell
    share.turns = blockDim.x / cells, share.step = cells;
    share.turn = threadIdx.x / cells;
    share.cell = share.turn < share.turns ? threadIdx.x % cells : cells;
  }
  return share;
}

/// Zeros where a patch's cells are not stored, in all stages: they stay, since copies go to the others alone.
__device__ __forceinline__ void zero_padding(const ConvPixelsProblem& p, const StoredCells& stored,
                                             unsigned char* stages) {
  const std::uint32_t cells = p.patch.patch_rows * p.patch.patch_columns;
  if (stored.rows * stored.columns == cells) return;
  const CellShare share = cell_share(cells);
  for (std::uint32_t cell = share.cell; cell < cells; cell += share.step) {
    const std::uint32_t row = cell / p.patch.patch_columns, column = cell % p.patch.patch_columns;
    if (row - stored.row < stored.rows && column - stored.column < stored.columns) continue;
    for (std::uint32_t stage = 0; stage < p.stages; ++stage) {
      float* const to = reinterpret_cast<float*>(stages + stage * p.stage_bytes) + (row * p.pitch + column);
#pragma unroll 4
      for (std::uint32_t channel = share.turn; channel < p.chunk_channels; channel += share.turns)
        to[channel * p.channel_cells] = 0;
    }
  }
}

/// What a thread copies: found out before there is anything to be copied.
template <class Element>
struct PatchCopier {
  __device__ __forceinline__ PatchCopier(const ConvPixelsProblem& p, const TileAt& tile)
      : cells(stored_cells(p.patch, tile)), share(cell_share(cells.rows * cells.columns)) {
    const CellPlaces& x = p.patch.x;
    first_row = tile.patch_row + static_cast<std::int32_t>(cells.row) * p.patch.cell_rows;
    first_column = tile.patch_column + static_cast<std::int32_t>(cells.column) * p.patch.cell_columns;
    image = static_cast<const Element*>(p.x) + (tile.image * x.image_step + x.first);
    if (share.cell < cells.rows * cells.columns) find(p, share.cell);
  }

  /// Channels [first, first + count) to the start of a stage.
  __device__ __forceinline__ void copy(const ConvPixelsProblem& p, std::uint32_t first, std::uint32_t count,
                                       unsigned char* stage) {
    const std::uint32_t all = cells.rows * cells.columns;
    const std::int64_t step = share.turns * p.patch.x.channel_step;
    for (std::uint32_t cell = share.cell; cell < all; cell += share.step) {
      if (all > share.step) find(p, cell);
      copy_cell(p, image + (first + share.turn) * p.patch.x.channel_step + from, step, count,
                reinterpret_cast<float*>(stage) + (share.turn * p.channel_cells + to));
    }
  }

  __device__ __forceinline__ void find(const ConvPixelsProblem& p, std::uint32_t cell) {
    const std::uint32_t row = cell / cells.columns, column = cell % cells.columns;
    from = (first_row + static_cast<std::int32_t>(row) * p.patch.cell_rows) * p.patch.x.row_step +
           (first_column + static_cast<std::int32_t>(column) * p.patch.cell_columns) * p.patch.x.column_step;
    to = (cells.row + row) * p.pitch + cells.column + column;
  }

  /// One cell of the thread's turns among `count` channels.
  __device__ __forceinline__ void copy_cell(const ConvPixelsProblem& p, const Element* at, std::int64_t step,
                                            std::uint32_t count, float* into) const {
    const std::uint32_t into_step = share.turns * p.channel_cells;
    if constexpr (sizeof(Element) == 4) {
#pragma unroll 4
      for (std::uint32_t channel = share.turn; channel < count; channel += share.turns) {
        async_copy4(into, at);
        at += step;
        into += into_step;
      }
    } else {  // through registers, where they become floats; many under way at a time
      constexpr std::uint32_t kTogether = 8;
#pragma unroll 1
      for (std::uint32_t channel = share.turn; channel < count; channel += kTogether * share.turns) {
        Element elements[kTogether] = {};
#pragma unroll
        for (std::uint32_t i = 0; i < kTogether; ++i) {
          if (channel + i * share.turns < count) elements[i] = at[i * step];
        }
#pragma unroll
        for (std::uint32_t i = 0; i < kTogether; ++i) {
          if (channel + i * share.turns < count) into[i * into_step] = to_float(elements[i]);
        }
        at += kTogether * step;
        into += kTogether * into_step;
      }
    }
  }

  StoredCells cells;
  CellShare share;
  std::int32_t first_row, first_column;  ///< Of the input: the first cell that is stored.
  const Element* image;
  std::int32_t from = 0;  ///< Of the cell, in a channel of the image; to: in one of the stage.
  std::uint32_t to = 0;
};

__device__ __forceinline__ void copy_slice(const ConvPixelsProblem& p, std::uint32_t first, std::uint32_t end,
                                           unsigned char* to) {
  to += threadIdx.x * 16;
#pragma unroll 1
  for (std::uint32_t i = first + threadIdx.x; i < end; i += blockDim.x, to += blockDim.x * 16)
    async_copy16(to, p.entries + i);
}

/// Until at most so many groups of copies, 0 to 3, are under way.
__device__ __forceinline__ void wait_for_copies(std::uint32_t pending) {
  switch (pending) {
    case 0: async_wait<0>(); break;
    case 1: async_wait<1>(); break;
    case 2: async_wait<2>(); break;
    default: async_wait<3>(); break;
  }
}
#endif

}  // namespace coppice::kernels
