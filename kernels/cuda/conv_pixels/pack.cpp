#include "kernels/cuda/conv_pixels/pack.h"

#include <algorithm>
#include <bit>
#include <span>
#include <stdexcept>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/packing/check_matrix.h"

namespace coppice::kernels {

namespace {

constexpr std::int64_t kMostIndex = std::int64_t{1} << 31;
constexpr int kMostChunkEntries = 0xffff;  // of a row: what 16 bits count
constexpr int kMostWindow = 4096;          // so that a channel's weights of a row fit into shared memory

int header_vectors(const ConvPixelsTiling& tiling) { return (tiling.warps + 3) / 4; }
int count_vectors(const ConvPixelsTiling& tiling) { return (tiling.warp_rows + 7) / 8; }

void check(const LayerShape& shape, const ConvPixelsTiling& t) {
  const bool one_chunk = (shape.channels - 1) / std::max(1, t.chunk_channels) < t.splits;
  const bool fits = t.width >= 1 && t.width <= 256 && t.height >= 1 && t.height <= 256 &&
                    t.lane_pixels() <= kConvPixelsMostLanePixels && t.warps >= 1 &&
                    32 * t.warps <= kConvPixelsMostThreads && t.warp_rows >= 1 && t.warp_rows <= 64 &&
                    t.block_rows() % 2 == 0 && t.chunk_channels >= 1 && t.stages >= (one_chunk ? 1 : 2) &&
                    t.stages <= kConvPixelsMostStages && t.splits >= 1 && t.splits <= 64 &&
                    t.splits <= (shape.channels - 1) / t.chunk_channels + 1 &&
                    t.chunk_channels <= kMostChunkEntries / (shape.kernel_height * shape.kernel_width);
  if (!fits) throw std::invalid_argument("conv-pixels: a tiling that cannot be");
}

class Packer {
 public:
  Packer(const LayerShape& shape, const Csr& weights, Precision precision, const ConvPixelsTiling& tiling)
      : weights_(weights),
        precision_(precision),
        tiling_(tiling),
        window_(shape.kernel_height * shape.kernel_width) {
    const PatchProblem patch = conv_pixels_patch(shape, tiling);
    packed_.tiling = tiling;
    packed_.places = patch_places(patch);
    packed_.chunks = (shape.channels + tiling.chunk_channels - 1) / tiling.chunk_channels;
    packed_.plan =
        heaviest_first(plan_rows(weights, tiling.warp_rows, tiling.warps, RowOrder::kBalanced), weights);
    for (std::int64_t ky = 0; ky < shape.kernel_height; ++ky) {
      for (std::int64_t kx = 0; kx < shape.kernel_width; ++kx)
        taps_.push_back(static_cast<std::uint32_t>(ky) * patch.tap_rows * packed_.places.pitch +
                        static_cast<std::uint32_t>(kx) * patch.tap_columns);
    }
  }

  PackedConvPixels pack() && {
    const auto blocks = static_cast<std::size_t>(packed_.plan.blocks);
    for (std::size_t block = 0; block < blocks; ++block) write_block(block);
    begin_slice();
    for (std::size_t i = 0; i + 1 < packed_.slices.size(); ++i) {
      packed_.slice_vectors =
          std::max<std::int64_t>(packed_.slice_vectors, packed_.slices[i + 1] - packed_.slices[i]);
    }
    return std::move(packed_);
  }

 private:
  std::span<const RowSlot> slots(std::size_t block) const {
    const auto count = static_cast<std::size_t>(tiling_.block_rows());
    return std::span(packed_.plan.slots).subspan(block * count, count);
  }

  void begin_slice() {
    if (std::ssize(packed_.entries) >= kMostIndex || std::ssize(packed_.slices) >= kMostIndex)
      throw std::invalid_argument("conv-pixels: a packed matrix of 2^31 vectors or slices, or more");
    packed_.slices.push_back(static_cast<std::uint32_t>(packed_.entries.size()));
  }

  void write_block(std::size_t block) {
    nonzeros_.resize(static_cast<std::size_t>(tiling_.block_rows()));
    next_.assign(nonzeros_.size(), 0);
    for (std::size_t slot = 0; slot < nonzeros_.size(); ++slot) {
      nonzeros_[slot].clear();
      for_each_nonzero(weights_, slots(block)[slot], [&](std::int64_t i) { nonzeros_[slot].push_back(i); });
    }
    for (std::int64_t chunk = 0; chunk < packed_.chunks; ++chunk) write_slice(chunk * tiling_.chunk_channels);
  }

  void write_slice(std::int64_t first_channel) {
    begin_slice();
    const std::size_t begin = packed_.entries.size();
    const auto rows = static_cast<std::size_t>(tiling_.warp_rows);
    auto at = static_cast<std::size_t>(header_vectors(tiling_));  // in vectors from `begin`
    packed_.entries.resize(begin + at);
    for (std::size_t warp = 0; warp < static_cast<std::size_t>(tiling_.warps); ++warp) {
      packed_.entries[begin + warp / 4].words[warp % 4] = static_cast<std::uint32_t>(at);
      const std::size_t counts = begin + at;
      at += static_cast<std::size_t>(count_vectors(tiling_));
      packed_.entries.resize(begin + at);
      for (std::size_t row = 0; row < rows; ++row) {
        const std::uint32_t count = write_row(warp * rows + row, first_channel);
        packed_.entries[counts + row / 8].words[row % 8 / 2] |= count << row % 2 * 16;
      }
      at = packed_.entries.size() - begin;
    }
    packed_.entries.resize(packed_.entries.size() + kConvPixelsVectorsBehind);
  }

  /// The slot's nonzeros in the chunk that begins there; how many they are.
  std::uint32_t write_row(std::size_t slot, std::int64_t first_channel) {
    std::uint32_t count = 0;
    const std::int64_t end = (first_channel + tiling_.chunk_channels) * window_;
    for (std::size_t& i = next_[slot]; i < nonzeros_[slot].size(); ++i, ++count) {
      const auto nonzero = static_cast<std::size_t>(nonzeros_[slot][i]);
      const std::int64_t column = weights_.column[nonzero];
      if (column >= end) break;
      const auto channel = static_cast<std::uint32_t>(column / window_ - first_channel);
      if (count % 2 == 0) packed_.entries.emplace_back();
      auto& words = packed_.entries.back().words;
      const float value = weights_.value[nonzero];
      words[count % 2 * 2] =
          std::bit_cast<std::uint32_t>(precision_ == Precision::kBf16 ? from_bf16(to_bf16(value)) : value);
      words[count % 2 * 2 + 1] =
          4 * (channel * packed_.places.channel_cells + taps_[static_cast<std::size_t>(column % window_)]);
    }
    return count;
  }

  const Csr& weights_;
  Precision precision_;
  ConvPixelsTiling tiling_;
  std::int64_t window_;
  std::vector<std::uint32_t> taps_;  ///< Of a channel's cells, in floats.
  PackedConvPixels packed_;
  std::vector<std::vector<std::int64_t>> nonzeros_;  ///< Of the block's slots.
  std::vector<std::size_t> next_;                    ///< Of these, not yet written.
};

}  // namespace

PatchProblem conv_pixels_patch(const LayerShape& shape, const ConvPixelsTiling& tiling) {
  return patch_problem(shape, 1, {}, {}, tiling.tile());
}

int conv_pixels_empty_vectors(const ConvPixelsTiling& tiling) {
  return header_vectors(tiling) + tiling.warps * count_vectors(tiling) + kConvPixelsVectorsBehind;
}

std::int64_t conv_pixels_patch_bytes(const ConvPixelsTiling& tiling, const PatchPlaces& places) {
  return (std::int64_t{tiling.chunk_channels} * places.channel_cells * 4 + 15) / 16 * 16;
}

std::int64_t conv_pixels_shared_bytes(const ConvPixelsTiling& tiling, const PatchPlaces& places,
                                      std::int64_t slice_vectors) {
  return tiling.stages * (conv_pixels_patch_bytes(tiling, places) + 16 * slice_vectors) +
         std::int64_t{tiling.block_rows()} * 128 * tiling.lane_pixels() +
         std::int64_t{tiling.block_rows()} * kSharedSlotBytes + kSharedRowsBytes + 4;  // the count's flag
}

std::int64_t PackedConvPixels::bytes_read() const {
  const auto bytes = [](const auto& values) {
    return static_cast<std::int64_t>(values.size() * sizeof(values.front()));
  };
  return bytes(slices) + bytes(entries);
}

PackedConvPixels pack_conv_pixels(const LayerShape& shape, const Csr& weights, Precision precision,
                                  const ConvPixelsTiling& tiling) {
  check_matrix(weights, "conv-pixels");
  const std::string refusal = conv_pixels_size_refusal(shape, weights.nonzeros(), 1);
  if (!refusal.empty()) throw std::invalid_argument("conv-pixels: " + refusal);
  check(shape, tiling);
  return Packer(shape, weights, precision, tiling).pack();
}

std::string conv_pixels_size_refusal(const LayerShape& shape, std::int64_t nonzeros, std::int64_t images) {
  const std::string patches = patch_size_refusal(shape, images, {}, {});
  if (!patches.empty()) return patches;
  if (shape.columns() >= kMostIndex) return "2^31 columns or more";
  if (shape.outputs > 0xffff) return "more than 65,535 output channels";  // each may be a block of its own
  if (images * shape.pixels() >= kMostIndex) return "2^31 output pixels or more";  // each may be a tile
  if (nonzeros >= kMostIndex) return "2^31 nonzeros or more";
  if (shape.kernel_height * shape.kernel_width > kMostWindow) return "a window of more than 4,096 weights";
  return "";
}

}  // namespace coppice::kernels
