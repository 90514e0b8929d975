// How our kernels cut a convolution: a block of threads makes some channels of a tile of outputs, a rectangle
// of pixels of some images, and reads a patch of the input, every cell of which serves several weights.
#pragma once
#include <cstdint>

#include "kernels/layer.h"

namespace coppice::kernels {

/// Outputs of a block of threads, for each of its channels.
struct PatchTile {
  int images = 16, width = 4, height = 2;
  int pixels() const { return width * height; }
  bool operator==(const PatchTile&) const = default;
};

/// Where the elements of activations lie, counted in elements: first + image * image_step + channel *
/// channel_step + row * row_step + column * column_step, for rows and columns from -halo on.
struct CellPlaces {
  std::int64_t channel_step, image_step;
  std::int32_t row_step, column_step;
  std::int32_t first;
  std::int32_t height, width, halo;  ///< In cells; the halo's are stored too.
};

/// What kernels are told of a layer's tiles. All tiles have patches of the same form.
struct PatchProblem {
  CellPlaces x, y;  ///< The residual lies as y does.
  std::uint32_t images;
  std::uint32_t tile_images, tile_width, tile_height;
  std::uint32_t image_tiles, column_tiles, row_tiles;
  /// Of a patch: weight (ky, kx) at pixel (py, px) of the tile reads its cell
  /// (py * pixel_rows + ky * tap_rows, px * pixel_columns + kx * tap_columns).
  std::uint32_t patch_rows, patch_columns;
  std::uint32_t pixel_rows, pixel_columns, tap_rows, tap_columns;
  /// Of the input between neighbours of a patch: 1, or the stride where a window is one row or column, whose
  /// patches then hold no cell that nobody reads.
  std::int32_t cell_rows, cell_columns;
  std::int32_t stride, padding;

  std::uint32_t cells() const { return patch_rows * patch_columns; }
  std::int64_t tiles() const { return std::int64_t{image_tiles} * column_tiles * row_tiles; }
};

/// Throws std::invalid_argument for a tile below 1, for lanes, and for sizes that patch_size_refusal()
/// refuses.
PatchProblem patch_problem(const LayerShape& shape, std::int64_t images, Layout in, Layout out,
                           const PatchTile& tile);

/// Why a layer of such sizes cannot be served: places within a channel have 32 bits. Empty where it can.
const char* patch_size_refusal(const LayerShape& shape, std::int64_t images, Layout in, Layout out);

}  // namespace coppice::kernels
