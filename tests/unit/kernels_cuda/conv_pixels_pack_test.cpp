// How the convolution of few images has its weights packed, and its patches placed: by hand.
#include <algorithm>
#include <bit>
#include <stdexcept>

#include <gtest/gtest.h>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/conv_pixels/pack.h"

namespace coppice::kernels {
namespace {

std::uint32_t of(float value) { return std::bit_cast<std::uint32_t>(value); }

/// 2 to 3 channels of 4x4, window 2x2, padding 1: 5x5 outputs.
const LayerShape kShape{3, 2, 4, 4, 2, 2, 1, 1, 1};

Csr weights() {
  Csr w;
  w.rows = 3, w.columns = 8;
  w.begin = {0, 3, 3, 5};
  w.column = {0, 3, 5, 4, 7};
  w.value = {1, 2, 3, 4, 5};
  return w;
}

TEST(ConvPixelsPack, ALayerByHand) {
  // Two warps of two rows, a chunk for each channel. Tiles of 3x2 pixels have patches of 4x3 cells.
  const ConvPixelsTiling tiling{3, 2, 2, 2, 1, 2, 1};
  EXPECT_EQ(tiling.lane_pixels(), 1);
  EXPECT_EQ(conv_pixels_empty_vectors(tiling), 1 + 2 + 2);
  const PackedConvPixels packed = pack_conv_pixels(kShape, weights(), Precision::kFp32, tiling);
  EXPECT_EQ(packed.places.pitch, 4u);
  EXPECT_EQ(packed.places.channel_cells, 12u);
  EXPECT_EQ(packed.places.wavefronts, 1);
  EXPECT_EQ(packed.chunks, 2);
  ASSERT_EQ(packed.plan.blocks, 1);
  // Row 0, the longest, is the first warp's, row 2 the second's, and row 1 has nothing.
  EXPECT_EQ(packed.plan.slots[0].row, 0u);
  EXPECT_EQ(packed.plan.slots[2].row, 2u);
  EXPECT_EQ(packed.slices, (std::vector<std::uint32_t>{0, 6, 13}));
  EXPECT_EQ(packed.slice_vectors, 7);
  const auto word = [&](std::size_t vector, std::size_t i) { return packed.entries[vector].words[i]; };
  // Channel 0: two entries of row 0.
  EXPECT_EQ(word(0, 0), 1u);
  EXPECT_EQ(word(0, 1), 3u);
  EXPECT_EQ(word(1, 0), 2u);
  EXPECT_EQ(word(2, 0), of(1));
  EXPECT_EQ(word(2, 1), 0u);
  EXPECT_EQ(word(2, 2), of(2));
  EXPECT_EQ(word(2, 3), 4u * (1 * 4 + 1)) << "a row and a column further";
  EXPECT_EQ(word(3, 0), 0u) << "the second warp has none here";
  // Channel 1: one of row 0, two of row 2, places counted from the chunk's first channel.
  EXPECT_EQ(word(6, 0), 1u);
  EXPECT_EQ(word(6, 1), 3u);
  EXPECT_EQ(word(7, 0), 1u);
  EXPECT_EQ(word(8, 0), of(3));
  EXPECT_EQ(word(8, 1), 4u);
  EXPECT_EQ(word(9, 0), 2u);
  EXPECT_EQ(word(10, 0), of(4));
  EXPECT_EQ(word(10, 1), 0u);
  EXPECT_EQ(word(10, 2), of(5));
  EXPECT_EQ(word(10, 3), 20u);
  EXPECT_EQ(packed.shared_bytes(), 2 * (48 + 7 * 16) + 4 * 128 + 4 * 10 + 8 + 4);
  EXPECT_EQ(packed.bytes_read(), 13 * 16 + 3 * 4);
}

TEST(ConvPixelsPack, ChannelsOfAChunkFollowEachOther) {
  const PackedConvPixels packed =
      pack_conv_pixels(kShape, weights(), Precision::kFp32, {3, 2, 1, 4, 2, 1, 1});
  EXPECT_EQ(packed.chunks, 1);
  // Header, counts (row 0 has 3, row 2 has 2), two vectors of row 0.
  EXPECT_EQ(packed.entries[1].words[0], 3u | 2u << 16);
  EXPECT_EQ(packed.entries[3].words[0], of(3));
  EXPECT_EQ(packed.entries[3].words[1], 4u * (12 + 1));
}

TEST(ConvPixelsPack, Bf16WeightsAreRounded) {
  Csr w = weights();
  w.value[0] = 1.001f;
  const ConvPixelsTiling tiling{3, 2, 2, 2, 1, 2, 1};
  EXPECT_EQ(pack_conv_pixels(kShape, w, Precision::kTf32, tiling).entries[2].words[0], of(1.001f));
  EXPECT_EQ(pack_conv_pixels(kShape, w, Precision::kBf16, tiling).entries[2].words[0],
            of(from_bf16(to_bf16(1.001f))));
}

TEST(ConvPixelsPack, StrideAndDilationMoveCells) {
  LayerShape shape{1, 1, 9, 9, 2, 2, 2, 0, 3};
  Csr w;
  w.rows = 1, w.columns = 4;
  w.begin = {0, 1}, w.column = {3}, w.value = {1};
  const PackedConvPixels packed = pack_conv_pixels(shape, w, Precision::kFp32, {3, 1, 1, 2, 1, 1, 1});
  // Of 8x4 cells, with a column between neighbouring pixels.
  EXPECT_EQ(packed.places.pitch, 8u);
  EXPECT_EQ(packed.entries[2].words[1], 4u * (3 * 8 + 3));
}

TEST(ConvPixelsPlaces, BanksAreCounted) {
  const auto patch = [](int width, int height, std::int64_t stride) {
    const LayerShape shape{1, 1, 64, 64, 3, 3, stride, 1, 1};
    return patch_problem(shape, 1, {}, {}, {1, width, height});
  };
  // Four rows of 8: a pitch of 10 brings the end of the last over the begin of the first.
  EXPECT_EQ(patch_wavefronts(patch(8, 4, 1), 10), 2);
  EXPECT_EQ(patch_wavefronts(patch(8, 4, 1), 24), 1);
  EXPECT_EQ(patch_wavefronts(patch(8, 4, 1), 32), 4);
  EXPECT_EQ(patch_wavefronts(patch(8, 8, 1), 24), 2) << "for twice as many pixels";
  EXPECT_EQ(patch_wavefronts(patch(32, 1, 1), 34), 1);
  EXPECT_EQ(patch_wavefronts(patch(32, 1, 2), 65), 2) << "every second bank";
  const PatchPlaces places = patch_places(patch(8, 4, 1));
  EXPECT_EQ(places.pitch, 24u);
  EXPECT_EQ(places.wavefronts, 1);
  EXPECT_EQ(places.channel_cells, 5u * 24 + 10) << "nothing behind the last row";
  // With stride 2 columns and rows are an even number of cells apart, whatever the pitch.
  EXPECT_EQ(patch_places(patch(16, 2, 2)).wavefronts, 2);
}

TEST(ConvPixelsPack, RefusesWhatCannotBe) {
  Csr w = weights();
  w.column[1] = 0;  // does not rise
  EXPECT_THROW(pack_conv_pixels(kShape, w, Precision::kFp32, {3, 2, 2, 2, 1, 2, 1}), std::invalid_argument);
  EXPECT_EQ(conv_pixels_size_refusal(kShape, 5, 1), "");
  EXPECT_EQ(conv_pixels_size_refusal(kShape, std::int64_t{1} << 31, 1), "2^31 nonzeros or more");
}

}  // namespace
}  // namespace coppice::kernels
