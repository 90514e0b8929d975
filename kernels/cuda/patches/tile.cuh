// A block's tile of a convolution: where its patch of the input and its outputs lie.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/patches/patches.h"

namespace coppice::kernels {

struct TileAt {
  std::uint32_t image;                   ///< The first.
  std::int32_t row, column;              ///< Of the output: its first pixel.
  std::int32_t patch_row, patch_column;  ///< Of the input: the patch's first cell, maybe in the padding.
};

/// Tile i of p.tiles(): those of an image side by side, so that patches that overlap are read at a time.
__device__ __forceinline__ TileAt tile_at(const PatchProblem& p, std::uint32_t i) {
  const std::uint32_t column = i % p.column_tiles, rest = i / p.column_tiles;
  const std::uint32_t row = rest % p.row_tiles;
  TileAt tile;
  tile.image = rest / p.row_tiles * p.tile_images;
  tile.row = static_cast<std::int32_t>(row * p.tile_height);
  tile.column = static_cast<std::int32_t>(column * p.tile_width);
  tile.patch_row = tile.row * p.stride - p.padding;
  tile.patch_column = tile.column * p.stride - p.padding;
  return tile;
}

/// Where a patch's cell begins within a channel and image of the input, in elements; -1 where it is not
/// stored, and stands for 0: padding beyond the halo, or cells that only outputs beyond the last need.
__device__ __forceinline__ std::int32_t patch_cell(const PatchProblem& p, const TileAt& tile,
                                                   std::uint32_t cell) {
  const std::int32_t row = tile.patch_row + static_cast<std::int32_t>(cell / p.patch_columns) * p.cell_rows;
  const std::int32_t column =
      tile.patch_column + static_cast<std::int32_t>(cell % p.patch_columns) * p.cell_columns;
  const bool stored =
      row >= -p.x.halo && row < p.x.height + p.x.halo && column >= -p.x.halo && column < p.x.width + p.x.halo;
  return stored ? p.x.first + row * p.x.row_step + column * p.x.column_step : -1;
}

/// The cells of a patch that are stored, a rectangle of it: rows [row, row + rows), columns alike. None where
/// the patch is all padding.
struct StoredCells {
  std::uint32_t row, rows, column, columns;
  std::uint32_t count() const { return rows * columns; }
};
__device__ __forceinline__ StoredCells stored_cells(const PatchProblem& p, const TileAt& tile) {
  const auto first = [&](std::int32_t at, std::int32_t step) {
    const std::int32_t before = -p.x.halo - at;
    return static_cast<std::uint32_t>(before > 0 ? (before + step - 1) / step : 0);
  };
  const auto end = [&](std::int32_t at, std::int32_t step, std::int32_t size, std::uint32_t most) {
    const std::int32_t room = size + p.x.halo - at;
    return room > 0 ? min(most, static_cast<std::uint32_t>((room + step - 1) / step)) : 0u;
  };
  StoredCells cells;
  cells.row = first(tile.patch_row, p.cell_rows);
  cells.column = first(tile.patch_column, p.cell_columns);
  const std::uint32_t row_end = end(tile.patch_row, p.cell_rows, p.x.height, p.patch_rows);
  const std::uint32_t column_end = end(tile.patch_column, p.cell_columns, p.x.width, p.patch_columns);
  cells.rows = row_end > cells.row ? row_end - cells.row : 0;
  cells.columns = column_end > cells.column ? column_end - cells.column : 0;
  return cells;
}

/// Where a pixel of the tile lies within a channel and image of the output, in elements; -1 where the tile
/// reaches beyond the last.
__device__ __forceinline__ std::int32_t output_pixel(const PatchProblem& p, const TileAt& tile,
                                                     std::uint32_t pixel) {
  const std::int32_t row = tile.row + static_cast<std::int32_t>(pixel / p.tile_width);
  const std::int32_t column = tile.column + static_cast<std::int32_t>(pixel % p.tile_width);
  const bool there = row < p.y.height && column < p.y.width;
  return there ? p.y.first + row * p.y.row_step + column * p.y.column_step : -1;
}

}  // namespace coppice::kernels
