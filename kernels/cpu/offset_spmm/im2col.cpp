#include <algorithm>
#include <omp.h>

#include "kernels/cpu/offset_spmm/gather.h"
#include "kernels/cpu/offset_spmm/offset_spmm.h"
#include "kernels/cpu/offset_spmm/pack.h"
#include "kernels/cpu/offset_spmm/variant.h"

namespace coppice::kernels {

namespace {

/// Pixels of all images in one row, cut into tiles; a tile's run begins anew where an output row or an image
/// does.
std::vector<std::vector<PixelRun>> tile_runs(const Layer& layer, std::int64_t lanes, const Activations& in,
                                             const Activations& out) {
  const LayerShape& shape = layer.shape;
  const std::int64_t pixels = shape.pixels(), total = in.images * pixels;
  std::vector<std::vector<PixelRun>> tiles;
  for (std::int64_t first = 0; first < total; first += lanes) {
    std::vector<PixelRun> runs;
    const std::int64_t end = std::min(first + lanes, total);
    for (std::int64_t pixel = first; pixel < end;) {
      const std::int64_t image = pixel / pixels, row = pixel % pixels / out.width, column = pixel % out.width;
      const std::int64_t length = std::min(out.width - column, end - pixel);
      runs.push_back(
          {in.offset(image, 0, row * shape.stride - shape.padding, column * shape.stride - shape.padding),
           out.offset(image, 0, row, column), static_cast<std::int32_t>(pixel - first),
           static_cast<std::int32_t>(length)});
      pixel += length;
    }
    tiles.push_back(std::move(runs));
  }
  return tiles;
}

class Im2colRunner final : public Runner {
 public:
  Im2colRunner(const Request& request, const Variant& variant)
      : variant_(variant), isa_(request.isa), bias_(request.layer.bias), relu_(request.layer.relu) {
    const Layer& layer = request.layer;
    const LayerShape& shape = layer.shape;
    const Activations in = layer.input(request.images, request.in),
                      out = layer.output(request.images, request.out);
    stride_ = shape.stride;
    y_row_ = out.plane();
    const std::int64_t total = request.images * shape.pixels();
    vectors_ = std::clamp<std::int64_t>((total + 15) / 16, 1, std::min<std::int64_t>(variant.vectors, 8));
    tiles_ = tile_runs(layer, vectors_ * 16, in, out);

    // Columns that some row has an entry in, and where each lies in its block's buffer.
    std::vector<std::int64_t> place(static_cast<std::size_t>(shape.columns()), -1);
    for (const std::int32_t column : layer.weights.column) place[column] = 0;
    for (std::int64_t column = 0; column < shape.columns(); ++column) {
      if (place[column] < 0) continue;
      place[column] = static_cast<std::int64_t>(column_offset_.size());
      column_offset_.push_back(tap_cells(shape, in, column));
    }
    const auto used = static_cast<std::int64_t>(column_offset_.size());
    const std::int64_t most =
        std::max<std::int64_t>(variant.block_bytes > 0 ? variant.block_bytes / (vectors_ * 64) : used, 1);
    block_column_ = even_pieces(used, most);
    std::vector<std::int64_t> block_of;
    for (std::size_t b = 0; b + 1 < block_column_.size(); ++b)
      block_of.resize(block_column_[b + 1], static_cast<std::int64_t>(b));
    PackOptions options;
    options.groups = variant.groups(static_cast<std::int64_t>(tiles_.size()));
    options.blocks = static_cast<std::int64_t>(block_column_.size()) - 1;
    options.block_of = [&](std::int64_t column) { return block_of[place[column]]; };
    options.offset_bytes = [&](std::int64_t column) {
      return static_cast<std::uint64_t>(place[column] - block_column_[block_of[place[column]]]) * vectors_ *
             64;
    };
    packed_ = pack_rows(layer.weights, options);

    std::int64_t widest = 0, tallest = 0;
    for (std::size_t b = 0; b + 1 < block_column_.size(); ++b)
      widest = std::max(widest, block_column_[b + 1] - block_column_[b]);
    for (std::int64_t g = 0; g < packed_.groups(); ++g)
      tallest = std::max(tallest, packed_.group_row[g + 1] - packed_.group_row[g]);
    buffer_floats_ = (widest + 1) * vectors_ * 16;
    scratch_floats_ = buffer_floats_ + (tallest + 1) * vectors_ * 16;
    scratch_.resize(static_cast<std::size_t>(scratch_floats_ * variant.threads + 16));
  }

  void run(const float* x, const float* residual, float* y) override {
    const auto tiles = static_cast<std::int64_t>(tiles_.size());
    const std::int64_t items = tiles * packed_.groups();
    float* const aligned =
        scratch_.data() + (16 - reinterpret_cast<std::uintptr_t>(scratch_.data()) / 4 % 16) % 16;
#pragma omp parallel for num_threads(variant_.threads) schedule(static) if (variant_.threads > 1)
    for (std::int64_t item = 0; item < items; ++item) {
      const int thread = variant_.threads > 1 ? omp_get_thread_num() : 0;
      run_tile(tiles_[item % tiles], item / tiles, aligned + thread * scratch_floats_, x, residual, y);
    }
  }

  std::int64_t packed_bytes() const override {
    return packed_.bytes() + static_cast<std::int64_t>(column_offset_.size() * sizeof(std::int64_t));
  }
  std::string variant() const override { return variant_.text(packed_.blocks); }

 private:
  void run_tile(const std::vector<PixelRun>& runs, std::int64_t group, float* scratch, const float* x,
                const float* residual, float* y) const {
    const std::int64_t first_row = packed_.group_row[group], width = vectors_ * 16;
    const auto run_count = static_cast<std::int64_t>(runs.size());
    float* const sums = scratch + buffer_floats_;
    for (std::int64_t block = 0; block < packed_.blocks; ++block) {
      const std::int64_t column = block_column_[block];
      gather({x, column_offset_.data() + column, block_column_[block + 1] - column, stride_, runs.data(),
              run_count, scratch, width},
             isa_);
      Panel panel = packed_.panel(group, block);
      panel.x = scratch;
      panel.y = sums;
      panel.y_row = width;
      panel.bias = block == 0 ? bias_.data() + first_row : nullptr;
      panel.last = block + 1 == packed_.blocks;
      run_panel(panel, 1, static_cast<int>(vectors_), isa_);
    }
    const std::int64_t rows = packed_.group_row[group + 1] - first_row;
    scatter({sums, rows, width, runs.data(), run_count, residual ? residual + first_row * y_row_ : nullptr,
             y + first_row * y_row_, y_row_, relu_},
            isa_);
  }

  Variant variant_;
  Isa isa_;
  std::vector<float> bias_;
  bool relu_;
  std::int64_t stride_ = 1, y_row_ = 0, vectors_ = 1;
  std::vector<std::vector<PixelRun>> tiles_;
  std::vector<std::int64_t> column_offset_;  // of the columns in use, in floats
  std::vector<std::int64_t> block_column_;   // where blocks begin among them, and the end
  PackedRows packed_;
  std::int64_t buffer_floats_ = 0, scratch_floats_ = 0;  // of one thread
  std::vector<float> scratch_;
};

class Im2col final : public Candidate {
 public:
  std::string name() const override { return "offset-im2col"; }
  bool sparse() const override { return true; }

  std::string refusal(const Request& request) const override {
    if (request.in.order != Order::kPlain || request.out.order != Order::kPlain)
      return "works on plain images";
    if (request.in.halo < request.layer.shape.padding) return "needs a halo as wide as the padding";
    return "";
  }

  std::vector<std::unique_ptr<Runner>> make(const Request& request) const override {
    std::vector<Variant> blocked = variants(request);
    // Its buffer is written before it is read: beyond the first-level cache that does not pay.
    std::erase_if(blocked, [](const Variant& variant) { return variant.block_bytes == 0; });
    return runners_of<Im2colRunner>(request, blocked);
  }
};

}  // namespace

std::shared_ptr<const Candidate> im2col_candidate() { return std::make_shared<Im2col>(); }

}  // namespace coppice::kernels
