// Tilings of the convolution of few images, drawn so small that small layers cross several of everything.
#pragma once
#include <algorithm>
#include <random>

#include "kernels/cuda/conv_pixels/pack.h"

namespace coppice::kernels {

inline ConvPixelsTiling draw_conv_pixels_tiling(const LayerShape& shape, int most_warps,
                                                std::mt19937& random) {
  const auto from_to = [&](std::int64_t least, std::int64_t most) {
    return static_cast<int>(std::uniform_int_distribution<std::int64_t>(least, most)(random));
  };
  ConvPixelsTiling tiling;
  tiling.width = from_to(1, std::min<std::int64_t>(shape.out_width() + 1, 12));
  tiling.height = from_to(1, std::min<std::int64_t>(shape.out_height() + 1, 12));
  tiling.warps = from_to(1, most_warps);
  tiling.warp_rows = from_to(0, 1) == 0 ? from_to(1, 3) : from_to(1, 17);
  tiling.warp_rows += tiling.block_rows() % 2;
  tiling.chunk_channels = from_to(1, std::min<std::int64_t>(shape.channels, 6));
  const int chunks = static_cast<int>((shape.channels - 1) / tiling.chunk_channels) + 1;
  tiling.splits = from_to(0, 1) == 0 ? 1 : from_to(1, std::min(chunks, 5));
  tiling.stages = from_to(tiling.splits == chunks ? 1 : 2, 4);
  return tiling;
}

}  // namespace coppice::kernels
