#include "kernels/cuda/patches/patches.h"

#include <limits>
#include <stdexcept>
#include <string>

namespace coppice::kernels {

namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();

CellPlaces cell_places(const Activations& a) {
  const std::int64_t first = a.offset(0, 0, 0, 0);
  CellPlaces places = {};
  places.first = static_cast<std::int32_t>(first);
  places.channel_step = a.offset(0, 1, 0, 0) - first;
  places.image_step = a.offset(1, 0, 0, 0) - first;
  places.row_step = static_cast<std::int32_t>(a.offset(0, 0, 1, 0) - first);
  places.column_step = static_cast<std::int32_t>(a.offset(0, 0, 0, 1) - first);
  places.height = static_cast<std::int32_t>(a.height);
  places.width = static_cast<std::int32_t>(a.width);
  places.halo = static_cast<std::int32_t>(a.layout.halo);
  return places;
}

Activations input_of(const LayerShape& shape, std::int64_t images, Layout layout) {
  return {images, shape.channels, shape.height, shape.width, layout};
}
Activations output_of(const LayerShape& shape, std::int64_t images, Layout layout) {
  return {images, shape.outputs, shape.out_height(), shape.out_width(), layout};
}

/// Whether 32 bits count from the first to the last element of one channel.
bool fits(const Activations& a) {
  const std::int64_t side_by_side = a.layout.order == Order::kImagesLast     ? a.images
                                    : a.layout.order == Order::kChannelsLast ? a.channels
                                                                             : 1;
  return a.images <= kMost && a.plane() <= kMost / side_by_side;
}

std::uint32_t tiles_of(std::int64_t size, int tile) {
  return static_cast<std::uint32_t>((size + tile - 1) / tile);
}

}  // namespace

const char* patch_size_refusal(const LayerShape& shape, std::int64_t images, Layout in, Layout out) {
  if (in.order == Order::kLanes || out.order == Order::kLanes) return "activations in lanes";
  if (shape.outputs < 1 || shape.channels < 1 || images < 1) return "an empty layer";
  if (shape.out_height() < 1 || shape.out_width() < 1) return "no output pixel";
  if (!fits(input_of(shape, images, in)) || !fits(output_of(shape, images, out)))
    return "a channel of more than 2^31 - 1 elements";
  return "";
}

PatchProblem patch_problem(const LayerShape& shape, std::int64_t images, Layout in, Layout out,
                           const PatchTile& tile) {
  if (tile.images < 1 || tile.width < 1 || tile.height < 1)
    throw std::invalid_argument("patches: a tile without outputs");
  if (const char* why = patch_size_refusal(shape, images, in, out); *why)
    throw std::invalid_argument(std::string("patches: ") + why);
  PatchProblem p = {};
  p.x = cell_places(input_of(shape, images, in));
  p.y = cell_places(output_of(shape, images, out));
  p.images = static_cast<std::uint32_t>(images);
  p.tile_images = static_cast<std::uint32_t>(tile.images);
  p.tile_width = static_cast<std::uint32_t>(tile.width);
  p.tile_height = static_cast<std::uint32_t>(tile.height);
  p.image_tiles = tiles_of(images, tile.images);
  p.column_tiles = tiles_of(shape.out_width(), tile.width);
  p.row_tiles = tiles_of(shape.out_height(), tile.height);
  const auto along = [&](std::int64_t window, int pixels, std::uint32_t& cells, std::uint32_t& pixel_step,
                         std::uint32_t& tap_step, std::int32_t& cell_step) {
    const bool alone = window == 1;
    pixel_step = alone ? 1u : static_cast<std::uint32_t>(shape.stride);
    tap_step = alone ? 0u : static_cast<std::uint32_t>(shape.dilation);
    cell_step = alone ? static_cast<std::int32_t>(shape.stride) : 1;
    cells = static_cast<std::uint32_t>(pixels - 1) * pixel_step +
            static_cast<std::uint32_t>(window - 1) * tap_step + 1;
  };
  along(shape.kernel_height, tile.height, p.patch_rows, p.pixel_rows, p.tap_rows, p.cell_rows);
  along(shape.kernel_width, tile.width, p.patch_columns, p.pixel_columns, p.tap_columns, p.cell_columns);
  p.stride = static_cast<std::int32_t>(shape.stride);
  p.padding = static_cast<std::int32_t>(shape.padding);
  return p;
}

}  // namespace coppice::kernels
