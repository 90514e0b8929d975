// The convolution of few images on the host: random layers in every schedule against the definition in FP64,
// with tiles, blocks and chunks so small that small layers cross several.
#include "kernels/cuda/conv_pixels/conv_pixels.h"

#include "cuda/conv_cases.h"
#include "cuda/conv_pixels_cases.h"
#include "kernels/cuda/conv_pixels/plans.h"

namespace coppice::kernels {
namespace {

#ifdef COPPICE_RACES
constexpr int kCases = 30;  // ThreadSanitizer takes far longer
#else
constexpr int kCases = 180;
#endif

class ConvPixelsOnHost : public LinearOnHost {
 protected:
  ConvPixelsOnHost() : LinearOnHost(9) {}

  Precision draw_precision() { return up_to(3) ? Precision::kFp32 : Precision::kBf16; }
  Layer draw_layer(Precision precision) {
    Layer layer = conv_layer(draw_conv_shape(random_));
    const bool dense_rows = up_to(12) == 0;  // one full row among rows of one: it is split
    if (dense_rows) {
      Csr& w = layer.weights;
      for (std::int64_t row = 0; row < w.rows; ++row) {
        for (std::int32_t column = 0; column < (row == w.rows / 2 ? w.columns : 1); ++column) {
          w.column.push_back(column);
          w.value.push_back(rounded(static_cast<float>(column % 7) - 3.5f, precision));
        }
        w.begin.push_back(w.nonzeros());
      }
    } else {
      fill_rows(layer, static_cast<Rows>(up_to(6)), std::pow(0.5, up_to(6)), precision, random_);
    }
    if (up_to(2)) give_bias(layer, random_);
    layer.relu = up_to(2);
    layer.residual = up_to(2);
    return layer;
  }
  Layout draw_layout(std::int64_t images) {
    return {images == 1 && up_to(4) == 0 ? Order::kImagesLast : Order::kPlain,
            up_to(2) ? std::int64_t{0} : 1 + up_to(3)};
  }
  void check(const CudaRequest& request, const ConvPixelsTiling& tiling, bool overlap) {
    const LinearData data = draw_conv_data(request, random_);
    ASSERT_NO_FATAL_FAILURE(
        check_conv_in_every_schedule(request, *conv_pixels_runner(request, tiling, overlap), data));
  }
};

TEST_F(ConvPixelsOnHost, RandomLayersAndTilings) {
  int cases = 0, images = 0, row_blocks = 0, tiles = 0, ring = 0, splits = 0, bf16 = 0, halo = 0, padded = 0,
      stride = 0, dilation = 0, dead_rows = 0, empty = 0, pieces = 0, biased = 0, residuals = 0, relus = 0,
      one_channel = 0, one_pixel = 0, many_cells = 0;
  for (int i = 0; i < kCases; ++i) {
    const Precision precision = draw_precision();
    const Layer layer = draw_layer(precision);
    const std::int64_t count = up_to(3) ? 1 : 2 + up_to(3);
    const CudaRequest request{layer, count, precision, draw_layout(count), draw_layout(count), device_};
    if (i % 20 == 0) {
      ASSERT_EQ(conv_pixels_candidate()->refusal(request), "");
    }
    const ConvPixelsTiling tiling = draw_conv_pixels_tiling(layer.shape, 3, random_);
    ASSERT_NO_FATAL_FAILURE(check(request, tiling, up_to(2)));
    const PackedConvPixels packed = pack_conv_pixels(layer.shape, layer.weights, precision, tiling);
    const PatchProblem patch = conv_pixels_patch(layer.shape, tiling);
    images += count > 1;
    row_blocks += packed.plan.blocks > 1;
    tiles += patch.column_tiles > 1 && patch.row_tiles > 1;
    ring += packed.chunks > std::int64_t{tiling.stages} * tiling.splits;
    splits += tiling.splits > 1;
    bf16 += precision == Precision::kBf16;
    halo += request.in.halo > 0 && request.out.halo > 0;
    padded += layer.shape.padding > request.in.halo;
    stride += layer.shape.stride > 1;
    dilation += layer.shape.dilation > 1;
    many_cells += patch.cells() > 32 * tiling.warps;
    for (std::size_t row = 0; row < layer.weights.begin.size() - 1; ++row) {
      if (layer.weights.begin[row] < layer.weights.begin[row + 1]) continue;
      ++dead_rows;
      break;
    }
    for (const PlannedRow& row : packed.plan.rows) {
      if (row.last - row.first < 2) continue;
      ++pieces;
      break;
    }
    empty += layer.weights.nonzeros() == 0;
    biased += !layer.bias.empty(), residuals += layer.residual, relus += layer.relu;
    one_channel += layer.shape.channels == 1, one_pixel += layer.shape.pixels() == 1;
    cases += std::ssize(kSchedules);
  }
#ifndef COPPICE_RACES
  EXPECT_GE(cases, 500);
  EXPECT_GE(std::min({images, row_blocks, tiles, splits, bf16, halo, padded, stride, biased, residuals, relus,
                      many_cells}),
            kCases / 6)
      << "what small layers are to cross";
  EXPECT_GE(std::min({ring, dilation, dead_rows, pieces, one_channel}), kCases / 12);
  EXPECT_GE(std::min(empty, one_pixel), 3);
#endif
}

/// Each kernel once: tiles of 1 to 8 pixels for each lane, in both precisions.
TEST_F(ConvPixelsOnHost, EveryNumberOfPixelsALane) {
  for (const Precision precision : {Precision::kTf32, Precision::kBf16}) {
    for (int pixels = 1; pixels <= kConvPixelsMostLanePixels; ++pixels) {
      Layer layer = conv_layer({5, 4, 2 * pixels, 16, 3, 3, 1, 1, 1});
      fill_rows(layer, Rows::kEven, 0.4, precision, random_);
      give_bias(layer, random_);
      const CudaRequest request{layer, 1, precision, {}, {}, device_};
      const ConvPixelsTiling tiling{16, 2 * pixels, 2, 2, 2, 2, 1};
      ASSERT_EQ(tiling.lane_pixels(), pixels);
      const LinearData data = draw_conv_data(request, random_);
      const auto runner = conv_pixels_runner(request, tiling, true);
      ASSERT_EQ(count_wrong(request, data, run_on(*runner, request, data)), 0) << pixels;
    }
  }
}

/// As they will run on a device: the candidate's own tilings, with hundreds of threads.
TEST_F(ConvPixelsOnHost, EveryVariantOfTheCandidate) {
  const auto candidate = conv_pixels_candidate();
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    Layer layer = conv_layer({48, 24, 9, 7, 3, 3, 1, 1, 1});
    fill_rows(layer, Rows::kMixed, 0.1, precision, random_);
    give_bias(layer, random_);
    layer.relu = layer.residual = true;
    const CudaRequest request{layer, 1, precision, {}, {Order::kPlain, 1}, device_};
    ASSERT_EQ(candidate->refusal(request), "");
    const LinearData data = draw_conv_data(request, random_);
    const auto runners = candidate->make(request);
    ASSERT_GE(runners.size(), 2u) << "with and without overlap";
    for (std::size_t i = 0; i < runners.size(); i += 2) {
      const std::vector<float> got = run_on(*runners[i], request, data);
      ASSERT_EQ(count_wrong(request, data, got), 0) << runners[i]->variant();
      ASSERT_EQ(bits(run_on(*runners[i + 1], request, data)), bits(got)) << runners[i + 1]->variant();
    }
  }
}

/// What a launch leaves behind does not disturb the next.
TEST_F(ConvPixelsOnHost, SplitsAgainAndAgain) {
  Layer layer = conv_layer({9, 12, 5, 5, 3, 3, 1, 1, 1});
  fill_rows(layer, Rows::kEven, 0.3, Precision::kFp32, random_);
  const CudaRequest request{layer, 2, Precision::kFp32, {}, {}, device_};
  const auto runner = conv_pixels_runner(request, {5, 3, 2, 3, 2, 2, 3}, true);
  EXPECT_NE(runner->variant().find(", split in 3"), std::string::npos);
  for (int round = 0; round < 3; ++round) {
    const LinearData data = draw_conv_data(request, random_);
    ASSERT_NO_FATAL_FAILURE(check_conv_in_every_schedule(request, *runner, data));
  }
}

/// Sums do not depend on how a layer is cut, as long as its rows and channels are not.
TEST_F(ConvPixelsOnHost, TilingsAgreeInEveryBit) {
  Layer layer = conv_layer({20, 8, 9, 9, 3, 3, 2, 1, 1});
  fill_rows(layer, Rows::kEven, 0.2, Precision::kFp32, random_);
  const CudaRequest request{layer, 1, Precision::kFp32, {}, {}, device_};
  const LinearData data = draw_conv_data(request, random_);
  const auto run = [&](const ConvPixelsTiling& tiling) {
    return bits(run_on(*conv_pixels_runner(request, tiling, false), request, data));
  };
  const auto first = run({5, 5, 1, 8, 8, 1, 1});
  EXPECT_EQ(run({2, 3, 2, 16, 3, 2, 1}), first);
  EXPECT_EQ(run({4, 1, 3, 8, 1, 4, 1}), first);
}

}  // namespace
}  // namespace coppice::kernels
