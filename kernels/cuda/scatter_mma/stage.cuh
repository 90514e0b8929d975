// What a team of threads brings into a stage of shared memory: 64 rows of x, as the weights' columns have
// them, and the words of a slice.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/scatter_mma/problem.h"

namespace coppice::kernels {

/// The threads of a block that work on a slice together.
struct ScatterTeam {
  std::uint32_t number, threads, thread;  ///< Which one; how many it has; which the calling one is.
};

/// Where a slice to be brought lies; loaded one slice ahead, so that nobody waits for it.
template <bool kImagesLast>
struct ScatterAhead {
  std::uint32_t begin, end;
  std::uint32_t columns[2];  ///< Images last: those of rows lane and lane + 32; else the first, once.

  __device__ __forceinline__ void load(const ScatterProblem& p, std::uint32_t slice) {
    load_span(p.slices + slice);
    load_columns(p, slice);
  }
  __device__ __forceinline__ void load_span(const ScatterSlice* slice) {
    begin = slice[0].begin;
    end = slice[1].begin;
    if constexpr (!kImagesLast) columns[0] = slice[0].column;
  }
  __device__ __forceinline__ void load_columns(const ScatterProblem& p, std::uint32_t slice) {
    if constexpr (kImagesLast) {
      const std::uint32_t* const list = p.columns + std::int64_t{slice} * kScatterColumns + threadIdx.x % 32;
      columns[0] = list[0];
      columns[1] = list[32];
    }
  }
};

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800

/// Of 16 kPairs images, in chunks of 16 bytes: [column][image] where x has images last, else [image][column].
template <int kPairs, bool kImagesLast>
struct ScatterX {
  static constexpr std::uint32_t kChunks = !kImagesLast || kPairs > 2 ? 8 : 2 * kPairs;  ///< Of a row.
  static constexpr std::uint32_t kRows = kImagesLast ? kScatterColumns : 16 * kPairs;
  static constexpr std::uint32_t kBytes = kRows * kChunks * 16;

  /// Eight chunks below each other lie in different banks.
  static __device__ __forceinline__ std::uint32_t place(std::uint32_t row, std::uint32_t chunk) {
    return (row * kChunks + (chunk ^ (row / (8 / kChunks) % kChunks))) * 16;
  }

  /// All threads of the team. What x has not is 0: the weights' zeros meet it.
  static __device__ __forceinline__ void copy(const ScatterProblem& p, const ScatterTeam& team,
                                              const ScatterAhead<kImagesLast>& slice, unsigned char* to) {
    const std::uint16_t* const x = static_cast<const std::uint16_t*>(p.x);
#pragma unroll 1
    for (std::uint32_t i = team.thread; i < kRows * kChunks; i += team.threads) {
      const std::uint32_t row = i / kChunks, chunk = i % kChunks;
      const std::uint32_t along = kImagesLast ? chunk * 8 : slice.columns[0] + chunk * 8;
      const std::uint32_t end = kImagesLast ? p.out.images : p.k;
      std::uint32_t from = row;
      if constexpr (kImagesLast) {  // a warp's rows are on one side of 32
        from = __shfl_sync(0xffffffffu, row < 32 ? slice.columns[0] : slice.columns[1],
                           static_cast<int>(row % 32));
      }
      const bool there = from < (kImagesLast ? p.k : p.out.images) && along < end;
      const std::uint32_t elements = !there ? 0 : end - along < 8 ? end - along : 8;
      const std::uint16_t* const at = there ? x + (from * p.x_row + along) : x;
      if (p.aligned) {
        async_copy16(to + place(row, chunk), at, 2 * elements);
      } else {
        copy_elements(to + place(row, chunk), at, elements);
      }
    }
  }

 private:
  static __device__ __forceinline__ void copy_elements(unsigned char* to, const std::uint16_t* from,
                                                       std::uint32_t elements) {
    std::uint32_t words[4];
#pragma unroll
    for (std::uint32_t i = 0; i < 4; ++i) {
      words[i] = 2 * i < elements ? from[2 * i] : 0u;
      if (2 * i + 1 < elements) words[i] |= static_cast<std::uint32_t>(from[2 * i + 1]) << 16;
    }
    *reinterpret_cast<uint4*>(to) = make_uint4(words[0], words[1], words[2], words[3]);
  }
};

/// All threads of the team: a slice's header and words.
template <bool kImagesLast>
__device__ __forceinline__ void copy_scatter_words(const ScatterProblem& p, const ScatterTeam& team,
                                                   const ScatterAhead<kImagesLast>& slice,
                                                   unsigned char* to) {
  const uint4* const words = static_cast<const uint4*>(p.words);
#pragma unroll 1
  for (std::uint32_t i = slice.begin + team.thread; i < slice.end; i += team.threads) {
    async_copy16(to + (i - slice.begin) * 16, words + i);
  }
}

/// Until at most so many of the thread's latest stages are under way.
__device__ __forceinline__ void wait_for_stages(std::uint32_t pending) {
  switch (pending) {
    case 0: return async_wait<0>();
    case 1: return async_wait<1>();
    case 2: return async_wait<2>();
    case 3: return async_wait<3>();
    default: return async_wait<4>();
  }
}

#endif

}  // namespace coppice::kernels
