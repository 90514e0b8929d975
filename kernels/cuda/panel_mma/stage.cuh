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
template <int kColumns, bool kAligned>
__device__ __forceinline__ void bring_slice(const PanelProblem& p, const std::uint32_t* list,
                                            std::uint32_t rows, std::uint32_t first, unsigned char* slice) {
  using Tile = PanelTile<kColumns>;
  constexpr std::uint32_t kTogether = 4;  // so that places of the list are waited for together
  const std::uint32_t piece = threadIdx.x % Tile::kPieces, step = blockDim.x / Tile::kPieces;
  const std::uint32_t image = first + 8 * piece, images = p.out.images;
  const std::uint32_t there = image < images ? images - image : 0;
  const std::uint16_t* const x = p.x + (there ? image : 0);
#pragma unroll 1
  for (std::uint32_t row = threadIdx.x / Tile::kPieces; row < rows; row += kTogether * step) {
    std::uint32_t columns[kTogether];
#pragma unroll
    for (std::uint32_t i = 0; i < kTogether; ++i)
      columns[i] = row + i * step < rows ? list[row + i * step] : 0;
#pragma unroll
    for (std::uint32_t i = 0; i < kTogether; ++i) {
      if (row + i * step >= rows) continue;
      const std::uint16_t* const from = x + static_cast<std::size_t>(columns[i]) * images;
      void* const to = slice + Tile::offset(row + i * step, piece);
      if constexpr (kAligned) {
        async_copy16(to, from, there ? 16u : 0u);
      } else {
        *static_cast<uint4*>(to) = eight_images(from, there);
      }
    }
  }
}

/// The ring of slices, and a ring of their lists, which come as much earlier as it takes to be there in time.
template <int kColumns, bool kAligned>
struct PanelRing {
  const PanelProblem& p;
  const PanelWork& work;
  std::uint32_t first;  ///< Image.

  __device__ __forceinline__ unsigned char* slice(std::uint32_t s) const {
    return shared_memory() + s % kPanelStages * (work.list_columns * PanelTile<kColumns>::kRowBytes);
  }
  __device__ __forceinline__ std::uint32_t* list(std::uint32_t s) const {
    unsigned char* const behind =
        shared_memory() + kPanelStages * work.list_columns * PanelTile<kColumns>::kRowBytes;
    return reinterpret_cast<std::uint32_t*>(behind) + s % kPanelStages * work.list_columns;
  }
  __device__ __forceinline__ const std::uint32_t* listed(std::uint32_t s) const {
    return p.lists + work.list + s * work.list_columns;
  }

  __device__ __forceinline__ void bring(std::uint32_t s, const std::uint32_t* list_of_slice) const {
    if (s < work.slices)
      bring_slice<kColumns, kAligned>(p, list_of_slice, work.list_columns, first, slice(s));
  }
  __device__ __forceinline__ void bring_list(std::uint32_t s) const {
    if (s >= work.slices) return;
    for (std::uint32_t i = 4 * threadIdx.x; i < work.list_columns; i += 4 * blockDim.x) {
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
