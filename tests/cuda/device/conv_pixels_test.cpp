// The convolution of few images on a device, against its definition in FP64. The suite SanitizedConvPixels is
// small enough for compute-sanitizer.
#include "kernels/cuda/conv_pixels/conv_pixels.h"

#include "cuda/conv_cases.h"
#include "cuda/conv_pixels_cases.h"
#include "cuda/linear_on_device.h"

namespace coppice::kernels {
namespace {

class ConvPixelsOnGpu : public LinearOnDevice {
 protected:
  ConvPixelsOnGpu() : LinearOnDevice(conv_pixels_candidate(), 80) {}

  Layer draw_conv(const LayerShape& shape, double density, Precision precision) {
    Layer layer = conv_layer(shape);
    fill_rows(layer, static_cast<Rows>(up_to(6)), density, precision, random_);
    if (up_to(2)) give_bias(layer, random_);
    layer.relu = up_to(2);
    layer.residual = up_to(2);
    return layer;
  }

  /// Right, and the same bits once more from the same runner and from a copy.
  void check_conv(const CudaRequest& request, CudaRunner& runner, const LinearData& data) {
    const std::vector<float> got = run_on(runner, request, data);
    ASSERT_EQ(count_wrong(request, data, got), 0) << runner.variant() << ": " << conv_text(request);
    const auto copy = runner.replicate();
    for (CudaRunner* again : {&runner, copy.get()}) {
      const std::vector<float> other = run_on(*again, request, data);
      ASSERT_EQ(std::memcmp(got.data(), other.data(), got.size() * sizeof(float)), 0) << runner.variant();
    }
  }
  void check_every_variant(const CudaRequest& request) {
    ASSERT_EQ(conv_pixels_candidate()->refusal(request), "");
    const LinearData data = draw_conv_data(request, random_);
    for (const auto& runner : conv_pixels_candidate()->make(request))
      ASSERT_NO_FATAL_FAILURE(check_conv(request, *runner, data));
  }

  /// Tiles, blocks and chunks so small that such layers cross several.
  void random_cases(int count) {
    for (int i = 0; i < count; ++i) {
      const Precision precision = up_to(2) ? Precision::kFp32 : Precision::kBf16;
      const Layer layer = draw_conv(draw_conv_shape(random_), std::pow(0.5, up_to(6)), precision);
      const CudaRequest request{
          layer, 1 + up_to(4), precision, {Order::kPlain, up_to(3)}, {Order::kPlain, up_to(3)}, device_};
      if (i % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(check_every_variant(request));
        continue;
      }
      const LinearData data = draw_conv_data(request, random_);
      const auto runner =
          conv_pixels_runner(request, draw_conv_pixels_tiling(layer.shape, 16, random_), overlaps());
      ASSERT_NO_FATAL_FAILURE(check_conv(request, *runner, data));
    }
  }
};
using SanitizedConvPixels = ConvPixelsOnGpu;

TEST_F(SanitizedConvPixels, SmallLayers) { random_cases(16); }

TEST_F(ConvPixelsOnGpu, RandomLayersAndTilings) { random_cases(300); }

TEST_F(ConvPixelsOnGpu, LayersOfResNet) {
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    for (const LayerShape& shape :
         {LayerShape{64, 64, 56, 56, 3, 3, 1, 1, 1}, LayerShape{128, 128, 28, 28, 3, 3, 1, 1, 1},
          LayerShape{256, 256, 14, 14, 3, 3, 1, 1, 1}, LayerShape{512, 512, 7, 7, 3, 3, 1, 1, 1},
          LayerShape{64, 3, 224, 224, 7, 7, 2, 3, 1}, LayerShape{512, 256, 14, 14, 1, 1, 2, 0, 1}}) {
      Layer layer = conv_layer(shape);
      fill_rows(layer, Rows::kEven, 0.05, precision, random_);
      give_bias(layer, random_);
      layer.relu = layer.residual = true;
      const CudaRequest request{layer, 1, precision, {Order::kPlain, 1}, {}, device_};
      ASSERT_NO_FATAL_FAILURE(check_every_variant(request));
    }
  }
}

TEST_F(ConvPixelsOnGpu, OneFullRowAmongEmptyOnes) {
  Layer layer = conv_layer({300, 200, 9, 9, 3, 3, 1, 1, 1});
  layer.weights.begin.assign(101, 0);
  layer.weights.begin.resize(301, 1800);
  for (std::int32_t column = 0; column < 1800; ++column) {
    layer.weights.column.push_back(column);
    layer.weights.value.push_back(static_cast<float>(column % 7) - 3);
  }
  const CudaRequest request{layer, 3, Precision::kFp32, {}, {}, device_};
  ASSERT_NO_FATAL_FAILURE(check_every_variant(request));
}

TEST_F(ConvPixelsOnGpu, AChainOfOverlappingLaunches) {
  if (device_.capability() < 90) GTEST_SKIP() << "launches overlap from sm_90 on";
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    Layer layer = conv_layer({128, 128, 14, 14, 3, 3, 1, 1, 1});
    fill_rows(layer, Rows::kEven, 0.02, precision, random_);
    const CudaRequest request{layer, 1, precision, {}, {}, device_};
    for (const ConvPixelsTiling& tiling :
         {ConvPixelsTiling{14, 4, 8, 4, 32, 4, 1}, ConvPixelsTiling{7, 7, 8, 4, 16, 2, 4}}) {
      check_chain(request, [&](bool overlap) { return conv_pixels_runner(request, tiling, overlap); });
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
