// Slices of X on their way into shared memory.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/panel_mma/multiply.cuh"
#include "kernels/cuda/panel_mma/problem.h"

namespace coppice::kernels {

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
/// Eight images of a row that may begin anywhere, zeros for those that are not there.
__device__ __forceinline__ uint4 eight_images(const std::uint16_t* from, std::uint32_t there) {
  std::uint32_t words[4];
#pragma unroll
  for (std::uint32_t i = 0; i < 4; ++i) {
    const std::uint32_t low = 2 * i < there ? from[2 * i] : 0u;
    const std::uint32_t high = 2 * i + 1 < there ? from[2 * i + 1] : 0u;
    words[i] = low | high << 16;
  }
  return make_uint4(words[0], words[1], words[2], words[3]);
}

/// The rows of X that are listed, kColumns images from `first` on. `kAligned`: images come in eights, so that
/// pieces are copied while the block goes on; else they are here when this returns.
/// Eight rows, a multiple of which there is, are a warp's at a time: where a thread's pieces of them go is
/// then known but for one sum, and little is left to compute for each.
template <int kColumns, bool kAligned>
__device__ __forceinline__ void bring_slice(const PanelProblem& p, const std::uint32_t* list,
                                            std::uint32_t rows, std::uint32_t first, unsigned char* slice) {
  using Tile = PanelTile<kColumns>;
  constexpr std::uint32_t kLanesOfARow = Tile::kPieces < 8 ? Tile::kPieces : 8;
  constexpr std::uint32_t kRowsAtOnce = 32 / kLanesOfARow < 8 ? 32 / kLanesOfARow : 8;
  const std::uint32_t lane = threadIdx.x & 31u, row_of_lane = lane / kLanesOfARow,
                      piece = lane % kLanesOfARow;
  if (row_of_lane >= kRowsAtOnce) return;
  const std::uint32_t images = p.out.images;
  const std::uint16_t* const x = p.x + first + 8 * piece;
#pragma unroll 1
  for (std::uint32_t row = 8 * (threadIdx.x >> 5); row < rows; row += blockDim.x >> 2) {
#pragma unroll
    for (std::uint32_t i = 0; i < 8; i += kRowsAtOnce) {
      const std::uint32_t in_eight = i + row_of_lane;
      const std::uint16_t* const from = x + static_cast<std::size_t>(list[row + in_eight]) * images;
      unsigned char* const to = slice + row * Tile::kRowBytes + Tile::offset(in_eight, piece);
#pragma unroll
      for (std::uint32_t more = 0; more < Tile::kPieces; more += kLanesOfARow) {
        const std::uint32_t image = first + 8 * (piece + more);
        const std::uint32_t there = image < images ? images - image : 0;
        if constexpr (kAligned) {
          async_copy16(to + 16 * more, there ? from + 8 * more : p.x, there ? 16u : 0u);
        } else {
          *reinterpret_cast<uint4*>(to + 16 * more) = eight_images(from + 8 * more, there);
        }
      }
    }
  }
}

/// The ring of slices, and a ring of their lists, which come as much earlier as it takes to be there in time.
template <int kColumns, bool kAligned>
struct PanelRing {
  const PanelProblem& p;
  const std::uint32_t* lists;  ///< Of the block's slices.
  std::uint32_t slices, list_columns;

  explicit __device__ __forceinline__ PanelRing(const PanelProblem& problem)
      : p(problem),
        lists(problem.lists + problem.work[blockIdx.x].list),
        slices(problem.work[blockIdx.x].slices),
        list_columns(problem.work[blockIdx.x].list_columns) {}

  static __device__ __forceinline__ std::uint32_t first_image() { return blockIdx.y * kColumns; }
  __device__ __forceinline__ unsigned char* slice(std::uint32_t s) const {
    return shared_memory() + s % kPanelStages * (list_columns * PanelTile<kColumns>::kRowBytes);
  }
  __device__ __forceinline__ std::uint32_t* list(std::uint32_t s) const {
    unsigned char* const behind =
        shared_memory() + kPanelStages * list_columns * PanelTile<kColumns>::kRowBytes;
    return reinterpret_cast<std::uint32_t*>(behind) + s % kPanelStages * list_columns;
  }
  __device__ __forceinline__ const std::uint32_t* listed(std::uint32_t s) const {
    return lists + static_cast<std::size_t>(s) * list_columns;
  }

  __device__ __forceinline__ void bring(std::uint32_t s, const std::uint32_t* list_of_slice) const {
    if (s < slices) bring_slice<kColumns, kAligned>(p, list_of_slice, list_columns, first_image(), slice(s));
  }
  __device__ __forceinline__ void bring_list(std::uint32_t s) const {
    if (s >= slices) return;
    for (std::uint32_t i = 4 * threadIdx.x; i < list_columns; i += 4 * blockDim.x) {
      async_copy16(list(s) + i, listed(s) + i);
    }
  }

  /// All slices but the last of the ring, once X may be read.
  __device__ __forceinline__ void begin() const {
#pragma unroll 1
    for (std::uint32_t s = 0; s + 1 < kPanelStages; ++s) {
      bring(s, listed(s));
      bring_list(s + kPanelStages - 1);
      async_commit();
    }
  }
  /// Behind a barrier that follows the last use of slice s - 1. What was asked for with slice s has arrived:
  /// the list, too, of the slice that now takes the place of s - 1.
  __device__ __forceinline__ void bring_another(std::uint32_t s) const {
    const std::uint32_t later = s + kPanelStages - 1;
    bring(later, list(later));
    bring_list(later + kPanelStages - 1);
    async_commit();
  }
  /// The thread's own share of slice s.
  static __device__ __forceinline__ void wait_for_slice() { async_wait<kPanelStages - 2>(); }
};
#endif

}  // namespace coppice::kernels
