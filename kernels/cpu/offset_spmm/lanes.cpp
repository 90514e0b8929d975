#include <algorithm>
#include <limits>

#include "kernels/cpu/offset_spmm/offset_spmm.h"
#include "kernels/cpu/offset_spmm/pack.h"
#include "kernels/cpu/offset_spmm/variant.h"

namespace coppice::kernels {

namespace {

/// How a tile's lines and vectors lie in the output: vectors along a row of cells (along columns), lines
/// along rows, along blocks of images, or, where a stride parts the cells that neighbours read, along columns
/// too.
struct Tiling {
  enum class Along { kRows, kColumns, kBlocks } lines = Along::kRows;
  std::int64_t most_lines = 1, most_vectors = 1;
};

Tiling choose_tiling(const LayerShape& shape, std::int64_t blocks, std::int64_t most) {
  Tiling tiling;
  const std::int64_t height = shape.out_height(), width = shape.out_width();
  if (shape.stride > 1 && width > 1) {
    tiling.lines = Tiling::Along::kColumns;
    tiling.most_lines = std::min<std::int64_t>({most, 8, width});
    return tiling;
  }
  const auto widths = even_pieces(width, std::min<std::int64_t>(most, 8));
  tiling.most_vectors = width - widths[widths.size() - 2];  // the last piece is never the smallest
  const std::int64_t room = std::min<std::int64_t>(most / tiling.most_vectors, 8);
  tiling.lines =
      std::min(blocks, room) > std::min(height, room) ? Tiling::Along::kBlocks : Tiling::Along::kRows;
  tiling.most_lines = std::min(room, tiling.lines == Tiling::Along::kBlocks ? blocks : height);
  return tiling;
}

struct Tile {
  std::int64_t x, y;  // floats from the beginning of the activations
  int lines, vectors;
};

class LanesRunner final : public Runner {
 public:
  LanesRunner(const Request& request, const Variant& variant) : variant_(variant), isa_(request.isa) {
    const Layer& layer = request.layer;
    const LayerShape& shape = layer.shape;
    const Activations in = layer.input(request.images, request.in),
                      out = layer.output(request.images, request.out);
    const Tiling tiling = choose_tiling(shape, in.blocks(), variant.vectors);
    const auto along = [&](Tiling::Along lines) { return tiling.lines == lines ? tiling.most_lines : 1; };
    const auto blocks = even_pieces(in.blocks(), along(Tiling::Along::kBlocks));
    const auto rows = even_pieces(out.height, along(Tiling::Along::kRows));
    const auto columns =
        even_pieces(out.width, std::max(along(Tiling::Along::kColumns), tiling.most_vectors));
    for (std::size_t b = 0; b + 1 < blocks.size(); ++b) {
      for (std::size_t r = 0; r + 1 < rows.size(); ++r) {
        for (std::size_t c = 0; c + 1 < columns.size(); ++c) {
          const std::int64_t spans[] = {rows[r + 1] - rows[r], columns[c + 1] - columns[c],
                                        blocks[b + 1] - blocks[b]};
          tiles_.push_back({in.offset(blocks[b] * kLanes, 0, rows[r] * shape.stride - shape.padding,
                                      columns[c] * shape.stride - shape.padding),
                            out.offset(blocks[b] * kLanes, 0, rows[r], columns[c]),
                            static_cast<int>(spans[static_cast<int>(tiling.lines)]),
                            tiling.lines == Tiling::Along::kColumns ? 1 : static_cast<int>(spans[1])});
        }
      }
    }
    switch (tiling.lines) {
      case Tiling::Along::kRows: x_line_ = in.pitch() * shape.stride, y_line_ = out.pitch(); break;
      case Tiling::Along::kColumns: x_line_ = shape.stride, y_line_ = 1; break;
      case Tiling::Along::kBlocks:
        x_line_ = in.channels * in.plane(), y_line_ = out.channels * out.plane();
        break;
    }
    x_line_ *= kLanes;
    y_line_ *= kLanes;
    y_row_ = out.plane() * kLanes;

    // Bytes of activations that a tile reads of one input channel.
    const std::int64_t taps_high = (shape.kernel_height - 1) * shape.dilation + 1;
    const std::int64_t taps_wide = (shape.kernel_width - 1) * shape.dilation + 1;
    const std::int64_t cells_high = (along(Tiling::Along::kRows) - 1) * shape.stride + taps_high;
    const std::int64_t cells_wide =
        (std::max(along(Tiling::Along::kColumns), tiling.most_vectors) - 1) * shape.stride + taps_wide;
    const std::int64_t channel_bytes = cells_high * cells_wide * kLanes * 4 * along(Tiling::Along::kBlocks);
    PackOptions options = blocks_of_channels(shape, variant.block_bytes, channel_bytes);
    options.groups = variant.groups(static_cast<std::int64_t>(tiles_.size()));
    options.offset_bytes = [&](std::int64_t column) {
      return static_cast<std::uint64_t>(tap_cells(shape, in, column)) * kLanes * 4;
    };
    packed_ = pack_rows(layer.weights, options);
    bias_ = layer.bias;
    relu_ = layer.relu;
  }

  void run(const float* x, const float* residual, float* y) override {
    const auto tiles = static_cast<std::int64_t>(tiles_.size());
    const std::int64_t items = tiles * packed_.groups();
#pragma omp parallel for num_threads(variant_.threads) schedule(static) if (variant_.threads > 1)
    for (std::int64_t item = 0; item < items; ++item)
      run_tile(tiles_[item % tiles], item / tiles, x, residual, y);
  }

  std::int64_t packed_bytes() const override { return packed_.bytes(); }
  std::string variant() const override { return variant_.text(packed_.blocks); }

 private:
  void run_tile(const Tile& tile, std::int64_t group, const float* x, const float* residual, float* y) const {
    const std::int64_t first_row = packed_.group_row[group];
    const std::int64_t at = tile.y + first_row * y_row_;
    for (std::int64_t block = 0; block < packed_.blocks; ++block) {
      Panel panel = packed_.panel(group, block);
      panel.x = x + tile.x;
      panel.x_line = x_line_;
      panel.y = y + at;
      panel.y_row = y_row_;
      panel.y_line = y_line_;
      panel.bias = block == 0 ? bias_.data() + first_row : nullptr;
      panel.last = block + 1 == packed_.blocks;
      panel.residual = residual ? residual + at : nullptr;
      panel.relu = relu_;
      run_panel(panel, tile.lines, tile.vectors, isa_);
    }
  }

  Variant variant_;
  Isa isa_;
  std::vector<Tile> tiles_;
  std::int64_t x_line_ = 0, y_line_ = 0, y_row_ = 0;
  PackedRows packed_;
  std::vector<float> bias_;
  bool relu_ = false;
};

class Lanes final : public Candidate {
 public:
  std::string name() const override { return "offset-lanes"; }
  bool sparse() const override { return true; }

  std::string refusal(const Request& request) const override {
    if (request.in.order != Order::kLanes || request.out.order != Order::kLanes)
      return "works on lanes of 16 images";
    if (request.in.halo < request.layer.shape.padding) return "needs a halo as wide as the padding";
    const Activations in = request.layer.input(kLanes, request.in);
    if (in.floats() * 4 > std::numeric_limits<std::uint32_t>::max())
      return "16 images of its input pass 4 GiB";
    return "";
  }

  std::vector<std::unique_ptr<Runner>> make(const Request& request) const override {
    return runners_of<LanesRunner>(request, variants(request));
  }
};

}  // namespace

std::shared_ptr<const Candidate> lanes_candidate() { return std::make_shared<Lanes>(); }

}  // namespace coppice::kernels
