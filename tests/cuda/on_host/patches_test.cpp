// Tiles and patches of convolutions, against the definition: which cell of the input a weight meets.
#include <vector>

#include "cuda/conv_cases.h"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/patches/store_tile.cuh"

namespace coppice::kernels {
namespace {

TEST(Patches, EachOutputIsInOneTileAndItsWindowInTheTilesPatch) {
  std::mt19937 random(1);
  for (int trial = 0; trial < 200; ++trial) {
    const LayerShape shape = draw_conv_shape(random);
    const PatchTile size{1 << random() % 4, 1 + static_cast<int>(random() % 5),
                         1 + static_cast<int>(random() % 5)};
    const std::int64_t images = 1 + static_cast<std::int64_t>(random() % 9);
    const Order order = random() % 2 ? Order::kImagesLast : Order::kPlain;
    const Layout in{order, static_cast<std::int64_t>(random() % 3)},
        out{order, static_cast<std::int64_t>(random() % 3)};
    const Layer layer = conv_layer(shape);
    const Activations x = layer.input(images, in), y = layer.output(images, out);
    const PatchProblem p = patch_problem(shape, images, in, out, size);
    std::vector<int> seen(static_cast<std::size_t>(y.floats()), 0);
    for (std::uint32_t i = 0; i < p.tiles(); ++i) {
      const TileAt tile = tile_at(p, i);
      for (std::uint32_t pixel = 0; pixel < p.tile_width * p.tile_height; ++pixel) {
        const std::int32_t at = output_pixel(p, tile, pixel);
        if (at < 0) continue;
        const std::int64_t py = pixel / p.tile_width, px = pixel % p.tile_width;
        for (std::uint32_t n = tile.image; n < tile.image + p.tile_images && n < p.images; ++n) {
          const std::int64_t place = at + n * p.y.image_step + (shape.outputs - 1) * p.y.channel_step;
          ASSERT_EQ(place, y.offset(n, shape.outputs - 1, tile.row + py, tile.column + px));
          ++seen[static_cast<std::size_t>(place)];
        }
        for (std::int64_t ky = 0; ky < shape.kernel_height; ++ky) {
          for (std::int64_t kx = 0; kx < shape.kernel_width; ++kx) {
            const std::int64_t row = (tile.row + py) * shape.stride + ky * shape.dilation - shape.padding;
            const std::int64_t column =
                (tile.column + px) * shape.stride + kx * shape.dilation - shape.padding;
            const std::int64_t cell_row = py * p.pixel_rows + ky * p.tap_rows,
                               cell_column = px * p.pixel_columns + kx * p.tap_columns;
            ASSERT_LT(cell_row, p.patch_rows);
            ASSERT_LT(cell_column, p.patch_columns);
            const std::int32_t got =
                patch_cell(p, tile, static_cast<std::uint32_t>(cell_row * p.patch_columns + cell_column));
            const bool stored = row >= -in.halo && row < x.height + in.halo && column >= -in.halo &&
                                column < x.width + in.halo;
            ASSERT_EQ(got, stored ? x.offset(0, 0, row, column) : -1);
          }
        }
      }
    }
    for_each_element(
        y, [&](std::int64_t channel, std::size_t at) { ASSERT_EQ(seen[at], channel == shape.outputs - 1); });
  }
}

TEST(Patches, StoredCellsAreThoseOfARectangle) {
  std::mt19937 random(2);
  int padded = 0, none = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const LayerShape shape = draw_conv_shape(random);
    const PatchTile size{1, 1 + static_cast<int>(random() % 5), 1 + static_cast<int>(random() % 5)};
    const Layout in{Order::kPlain, static_cast<std::int64_t>(random() % 3)};
    const PatchProblem p = patch_problem(shape, 1, in, in, size);
    for (std::uint32_t i = 0; i < p.tiles(); ++i) {
      const TileAt tile = tile_at(p, i);
      const StoredCells stored = stored_cells(p, tile);
      for (std::uint32_t cell = 0; cell < p.cells(); ++cell) {
        const std::uint32_t row = cell / p.patch_columns, column = cell % p.patch_columns;
        const bool within = row >= stored.row && row < stored.row + stored.rows && column >= stored.column &&
                            column < stored.column + stored.columns;
        ASSERT_EQ(within, patch_cell(p, tile, cell) >= 0);
      }
      padded += stored.count() > 0 && stored.count() < p.cells();
      none += stored.count() == 0;
    }
  }
  EXPECT_GE(padded, 100);
  EXPECT_GE(none, 10);
}

TEST(Patches, WindowsOfOneCellLeaveNoneUnread) {
  LayerShape shape;
  shape.outputs = shape.channels = 4;
  shape.height = shape.width = 14;
  shape.stride = 2;
  const PatchProblem p = patch_problem(shape, 8, {Order::kImagesLast, 0}, {Order::kImagesLast, 0}, {8, 4, 2});
  EXPECT_EQ(p.cells(), 8u);
  EXPECT_EQ(p.cell_rows, 2);
  shape.kernel_width = 3;
  EXPECT_EQ(patch_problem(shape, 8, {Order::kImagesLast, 0}, {Order::kImagesLast, 0}, {8, 4, 2}).cells(),
            2u * 9u);
}

TEST(Patches, RefuseWhatTheyCannotCount) {
  LayerShape shape;
  shape.outputs = shape.channels = 1;
  shape.height = shape.width = 50000;
  shape.kernel_width = 3;
  const Layout last{Order::kImagesLast, 0};
  EXPECT_STRNE(patch_size_refusal(shape, 1, last, last), "");
  EXPECT_THROW(patch_problem(shape, 1, last, last, {}), std::invalid_argument);
  shape.height = 40;
  EXPECT_STREQ(patch_size_refusal(shape, 1, last, last), "");
  EXPECT_STRNE(patch_size_refusal(shape, 5000, last, last), "");
  EXPECT_STRNE(patch_size_refusal(shape, 1, {Order::kLanes, 0}, last), "");
  EXPECT_THROW(patch_problem(shape, 1, last, last, {0, 1, 1}), std::invalid_argument);
}

}  // namespace
}  // namespace coppice::kernels
