#pragma once
#include <cstdint>

#include "kernels/cuda/patches/patches.h"
#include "kernels/cuda/row_plan/row_output.h"

namespace coppice::kernels {

/// 16 bytes of a slice's entries (pack.h says what stands in them).
struct alignas(16) ConvPixelsVector {
  std::uint32_t words[4];
};

/// What the kernel works on: tiles of one image each, rows in blocks, channels of the input in chunks. The
/// nonzeros of a row block in a chunk are a slice.
struct ConvPixelsProblem {
  PatchProblem patch;
  RowOutput out;
  const void* x;
  const std::uint32_t* slices;  ///< [row blocks][chunks] and one more: their first vectors.
  const ConvPixelsVector* entries;
  std::uint32_t channels, chunk_channels, chunks;
  std::uint32_t warp_rows;
  std::uint32_t pitch, channel_cells;  ///< Floats of a patch's row, and of a channel, in shared memory.
  std::uint32_t patch_bytes;           ///< Of a chunk's patches there, a multiple of 16.
  std::uint32_t stage_bytes;           ///< With the longest slice's vectors behind them.
  std::uint32_t empty_vectors;         ///< Of a slice without nonzeros.
  std::uint32_t stages;                ///< Chunks in shared memory at a time.
  std::uint32_t splits;    ///< Blocks of threads for a tile of a row block, that share its chunks.
  float* parts;            ///< [row blocks][tiles][splits][a block's sums], where there are several.
  std::uint32_t* arrived;  ///< [row blocks][tiles]: blocks whose sums are in parts, 0 between launches.
};

inline constexpr int kConvPixelsMostThreads = 512;
inline constexpr int kConvPixelsMostLanePixels = 8;
inline constexpr int kConvPixelsMostStages = 4;

/// Vectors behind the last of a slice's entries that are read and not used.
inline constexpr int kConvPixelsVectorsBehind = 2;

}  // namespace coppice::kernels
