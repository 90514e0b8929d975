#include <algorithm>
#include <limits>

#include "kernels/cpu/offset_spmm/offset_spmm.h"
#include "kernels/cpu/offset_spmm/pack.h"
#include "kernels/cpu/offset_spmm/variant.h"

namespace coppice::kernels {

namespace {

/// The padded plane of an image is one long line of cells: with stride 1 and planes of the same pitch on both
/// sides, cell i of the output reads cell i + (a constant for each tap) of the input, halo and all.
class DirectRunner final : public Runner {
 public:
  DirectRunner(const Request& request, const Variant& variant)
      : variant_(variant), isa_(request.isa), bias_(request.layer.bias), relu_(request.layer.relu) {
    const LayerShape& shape = request.layer.shape;
    const Activations in = request.layer.input(request.images, request.in);
    const Activations out = request.layer.output(request.images, request.out);
    images_ = request.images;
    plane_ = in.plane();
    x_image_ = in.channels * plane_;
    y_image_ = out.channels * plane_;
    first_ = in.offset(0, 0, 0, 0);
    const std::int64_t cells = in.offset(0, 0, in.height - 1, in.width - 1) + 1 - first_;
    const std::int64_t vectors = (cells + 15) / 16;
    last_lanes_ = static_cast<int>(cells - (vectors - 1) * 16);
    keep_.assign(static_cast<std::size_t>(vectors * 16), 0);
    for (std::int64_t row = 0; row < in.height; ++row) {
      std::fill_n(keep_.begin() + row * in.pitch(), in.width, -1);
    }
    pieces_ = even_pieces(vectors, std::min<std::int64_t>(variant.vectors, 8));

    // Bytes of activations that a tile reads of one channel.
    const std::int64_t taps_high = (shape.kernel_height - 1) * shape.dilation;
    const std::int64_t channel_bytes = (taps_high * in.pitch() + (pieces_[1] - pieces_[0]) * 16) * 4;
    first_tap_ = -shape.padding * (in.pitch() + 1);
    PackOptions options = blocks_of_channels(shape, variant.block_bytes, channel_bytes);
    options.groups = variant.groups(images_ * (static_cast<std::int64_t>(pieces_.size()) - 1));
    options.offset_bytes = [&](std::int64_t column) {
      return static_cast<std::uint64_t>(tap_cells(shape, in, column)) * 4;
    };
    packed_ = pack_rows(request.layer.weights, options);
  }

  void run(const float* x, const float* residual, float* y) override {
    const auto tiles = static_cast<std::int64_t>(pieces_.size()) - 1;
    const std::int64_t items = images_ * tiles * packed_.groups();
#pragma omp parallel for num_threads(variant_.threads) schedule(static) if (variant_.threads > 1)
    for (std::int64_t item = 0; item < items; ++item) {
      run_tile(item % tiles, item / tiles % images_, item / (tiles * images_), x, residual, y);
    }
  }

  std::int64_t packed_bytes() const override { return packed_.bytes(); }
  std::string variant() const override { return variant_.text(packed_.blocks); }

 private:
  void run_tile(std::int64_t tile, std::int64_t image, std::int64_t group, const float* x,
                const float* residual, float* y) const {
    const std::int64_t vector = pieces_[tile], first_row = packed_.group_row[group];
    const std::int64_t cell = first_ + vector * 16;
    const std::int64_t at = image * y_image_ + first_row * plane_ + cell;
    const bool end = tile + 2 == static_cast<std::int64_t>(pieces_.size());
    for (std::int64_t block = 0; block < packed_.blocks; ++block) {
      Panel panel = packed_.panel(group, block);
      panel.x = x + image * x_image_ + cell + first_tap_;
      panel.y = y + at;
      panel.y_row = plane_;
      panel.bias = block == 0 ? bias_.data() + first_row : nullptr;
      panel.last = block + 1 == packed_.blocks;
      panel.residual = residual ? residual + at : nullptr;
      panel.relu = relu_;
      panel.keep = keep_.data() + vector * 16;
      panel.last_lanes = end ? last_lanes_ : 16;
      run_panel(panel, 1, static_cast<int>(pieces_[tile + 1] - vector), isa_);
    }
  }

  Variant variant_;
  Isa isa_;
  std::vector<float> bias_;
  bool relu_;
  std::int64_t images_ = 0, plane_ = 0, x_image_ = 0, y_image_ = 0;
  std::int64_t first_ = 0, first_tap_ = 0;  // cells: the first of the image; from a cell to its first tap
  std::vector<std::int64_t> pieces_;        // vectors of an image at which tiles begin, and the end
  std::vector<std::int32_t> keep_;
  int last_lanes_ = 16;
  PackedRows packed_;
};

class Direct final : public Candidate {
 public:
  std::string name() const override { return "offset-direct"; }
  bool sparse() const override { return true; }

  std::string refusal(const Request& request) const override {
    const LayerShape& shape = request.layer.shape;
    if (request.in.order != Order::kPlain || request.out.order != Order::kPlain)
      return "works on plain images";
    if (shape.stride != 1 || shape.out_height() != shape.height || shape.out_width() != shape.width) {
      return "needs stride 1 and an output of the input's size";
    }
    if (request.in.halo != request.out.halo) return "needs the same halo on both sides";
    if (request.in.halo < shape.padding) return "needs a halo as wide as the padding";
    if (request.layer.input(1, request.in).floats() * 4 > std::numeric_limits<std::uint32_t>::max()) {
      return "an image of its input passes 4 GiB";
    }
    return "";
  }

  std::vector<std::unique_ptr<Runner>> make(const Request& request) const override {
    return runners_of<DirectRunner>(request, variants(request));
  }
};

}  // namespace

std::shared_ptr<const Candidate> direct_candidate() { return std::make_shared<Direct>(); }

}  // namespace coppice::kernels
