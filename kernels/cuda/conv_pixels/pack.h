#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/candidate.h"
#include "kernels/cuda/conv_pixels/places.h"
#include "kernels/cuda/conv_pixels/problem.h"
#include "kernels/cuda/row_plan/row_plan.h"
#include "kernels/layer.h"

namespace coppice::kernels {

struct ConvPixelsTiling {
  int width = 8, height = 8;  ///< Pixels of a block of threads.
  int warps = 8;
  int warp_rows = 4;  ///< Slots of the plan; an even number for all warps together.
  int chunk_channels = 32;
  int stages = 2;  ///< 1 only where no block has more than one chunk.
  int splits = 1;  ///< Blocks of threads that share the chunks of a row block.

  int block_rows() const { return warps * warp_rows; }
  int lane_pixels() const { return (width * height + 31) / 32; }
  PatchTile tile() const { return {1, width, height}; }
  bool operator==(const ConvPixelsTiling&) const = default;
};

/// A block's patch of a layer: the same for all layouts and numbers of images.
PatchProblem conv_pixels_patch(const LayerShape& shape, const ConvPixelsTiling& tiling);

/// That a block of threads takes beside what it asks for.
inline constexpr std::int64_t kConvPixelsReservedBytes = 1024;
/// That it asks for, of so many vectors for a slice.
std::int64_t conv_pixels_patch_bytes(const ConvPixelsTiling& tiling, const PatchPlaces& places);
std::int64_t conv_pixels_shared_bytes(const ConvPixelsTiling& tiling, const PatchPlaces& places,
                                      std::int64_t slice_vectors);

/// A convolution's weights on the host as the kernel reads them. A slice's entries:
///   u32[warps]   where each warp's stream begins, in vectors from the slice's first
///   then for each warp u16[warp_rows], in whole vectors: entries of each row, and row by row its entries,
///   two a vector: value, place of its cell for the tile's first pixel in bytes from the chunk's first,
///   value, place. The second of a row's last vector may be none: it is never looked at, so that there is no
///   0 for an infinity to meet;
///   and kConvPixelsVectorsBehind.
struct PackedConvPixels {
  ConvPixelsTiling tiling;
  PatchPlaces places;
  RowPlan plan;  ///< The heaviest blocks first.
  std::int64_t chunks = 0;
  std::vector<std::uint32_t> slices;  ///< [the plan's blocks][chunks] and one more.
  std::vector<ConvPixelsVector> entries;
  std::int64_t slice_vectors = 0;  ///< Of the longest.

  std::int64_t bytes_read() const;  ///< By the blocks of one tile.
  std::int64_t shared_bytes() const { return conv_pixels_shared_bytes(tiling, places, slice_vectors); }
};

/// Vectors of a slice without nonzeros.
int conv_pixels_empty_vectors(const ConvPixelsTiling& tiling);

/// Values are rounded as the precision has them, and stand as floats. Throws std::invalid_argument for a
/// tiling that cannot be, or a layer that conv_pixels_size_refusal() refuses.
PackedConvPixels pack_conv_pixels(const LayerShape& shape, const Csr& weights, Precision precision,
                                  const ConvPixelsTiling& tiling);

/// Why a layer of such sizes cannot be served: indices on the device have 32 bits. Empty where it can.
std::string conv_pixels_size_refusal(const LayerShape& shape, std::int64_t nonzeros, std::int64_t images);

}  // namespace coppice::kernels
