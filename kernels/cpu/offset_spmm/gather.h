#pragma once
#include <cstdint>

#include "kernels/cpu/isa.h"

namespace coppice::kernels {

/// Neighbouring pixels of an output row.
struct PixelRun {
  std::int64_t x = 0;  ///< Floats from the beginning of the input to what the first pixel's first tap reads.
  std::int64_t y = 0;  ///< Floats from the beginning of the output to the first pixel.
  std::int32_t lane = 0;  ///< Of the tile, where the run begins.
  std::int32_t length = 0;
};

/// buffer[k][lane] = x[column_offset[k] + run.x + i * stride]: the windows of a tile's pixels, one row of
/// `width` lanes for each column k. Writes up to 15 lanes beyond a run before the next run overwrites them,
/// and so up to 15 floats beyond the buffer; reads as far beyond x.
struct Gather {
  const float* x = nullptr;
  const std::int64_t* column_offset = nullptr;  ///< [columns], in floats.
  std::int64_t columns = 0, stride = 1;
  const PixelRun* runs = nullptr;
  std::int64_t run_count = 0;
  float* buffer = nullptr;
  std::int64_t width = 0;  ///< Lanes of a tile.
};
void gather(const Gather& gather, Isa level);

/// The way back: sums [rows][width] of a tile's pixels to an output whose planes are y_row floats apart, with
/// the residual (which lies as y; or null) added and ReLU at the end.
struct Scatter {
  const float* sums = nullptr;
  std::int64_t rows = 0, width = 0;
  const PixelRun* runs = nullptr;
  std::int64_t run_count = 0;
  const float* residual = nullptr;
  float* y = nullptr;
  std::int64_t y_row = 0;
  bool relu = false;
};
void scatter(const Scatter& scatter, Isa level);

}  // namespace coppice::kernels
