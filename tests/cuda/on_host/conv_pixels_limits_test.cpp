// What the convolution of few images does with non-finite numbers, and what it refuses.
#include <limits>

#include "cuda/conv_cases.h"
#include "kernels/cuda/conv_pixels/conv_pixels.h"

namespace coppice::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr Layout kPlain;

/// Vectors that are half empty, lanes beyond the tile, cells of the padding must not let it through.
TEST(ConvPixelsLimits, NonFiniteInputsReachExactlyWhatReadsThem) {
  const CudaDevice device = host_device();
  std::mt19937 random(5);
  const LayerShape shape{6, 3, 5, 4, 3, 2, 1, 1, 1};
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    Layer layer = conv_layer(shape);
    fill_rows(layer, Rows::kMixed, 0.2, precision, random);
    const CudaRequest request{layer, 1, precision, kPlain, kPlain, device};
    const auto runner = conv_pixels_runner(request, {3, 4, 1, 4, 2, 2, 1}, true);
    const LinearData finite = draw_conv_data(request, random);
    const std::vector<float> weights = dense_from_csr(layer.weights);
    const Activations x = layer.input(1, kPlain), y = layer.output(1, kPlain);
    for (const float bad : {kNan, -kInf}) {
      for (std::int64_t at = 0; at < x.floats(); ++at) {
        LinearData data = finite;
        data.x[static_cast<std::size_t>(at)] = bad;
        const std::vector<float> got = run_on(*runner, request, data);
        const std::int64_t channel = at / 20, row = at % 20 / 4, column = at % 4;
        for (std::int64_t o = 0; o < 6; ++o) {
          for (std::int64_t py = 0; py < y.height; ++py) {
            for (std::int64_t px = 0; px < y.width; ++px) {
              const std::int64_t ky = row + 1 - py, kx = column + 1 - px;
              const bool reads = ky >= 0 && ky < 3 && kx >= 0 && kx < 2 &&
                                 weights[static_cast<std::size_t>(o * 18 + channel * 6 + ky * 2 + kx)] != 0;
              ASSERT_EQ(std::isfinite(got[static_cast<std::size_t>(y.offset(0, o, py, px))]), !reads)
                  << "input " << at << " output " << o << ", " << py << ", " << px;
            }
          }
        }
      }
    }
  }
}

TEST(ConvPixelsLimits, NonFiniteWeightsBiasAndResidual) {
  const CudaDevice device = host_device();
  Layer layer = conv_layer({6, 5, 2, 1, 1, 1});
  layer.weights.begin = {0, 1, 2, 3, 4, 5, 6};
  layer.weights.column = {0, 1, 2, 3, 4, 0};
  layer.weights.value = {kNan, kInf, -kInf, kInf, 1, 1};
  layer.bias = {0, 0, 0, 0, kNan, 0};
  layer.relu = layer.residual = true;
  const CudaRequest request{layer, 1, Precision::kFp32, kPlain, kPlain, device};
  LinearData data;
  data.x = {1, 1, 1, 1, 1, 1, 0, 0, 1, 1};
  data.residual = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, kNan, kNan};
  const std::vector<float> y = run_on(*conv_pixels_runner(request, {1, 2, 1, 6, 5, 1}, false), request, data);
  for (std::size_t pixel = 0; pixel < 2; ++pixel) {
    EXPECT_TRUE(std::isnan(y[pixel])) << "a ReLU keeps NaN";
    EXPECT_EQ(y[2 + pixel], kInf);
    EXPECT_EQ(y[4 + pixel], 0) << "-inf under a ReLU";
    EXPECT_TRUE(std::isnan(y[6 + pixel])) << "inf times 0";
    EXPECT_TRUE(std::isnan(y[8 + pixel]));
    EXPECT_TRUE(std::isnan(y[10 + pixel]));
  }
}

TEST(ConvPixelsLimits, RefusalsWithTheirReasons) {
  const auto candidate = conv_pixels_candidate();
  EXPECT_EQ(candidate->name(), "conv-pixels");
  EXPECT_TRUE(candidate->sparse());
  const CudaDevice device = host_device();
  const auto refusal = [&](const LayerShape& shape, std::int64_t images, Layout in, Layout out,
                           const CudaDevice& on, Precision precision = Precision::kFp32) {
    Layer layer = conv_layer(shape);  // only its sizes are looked at
    layer.weights.begin.assign(2, 0);
    return candidate->refusal({layer, images, precision, in, out, on});
  };
  const LayerShape shape{4, 3, 8, 8, 3, 3, 1, 1, 1};
  const Layout last{Order::kImagesLast, 0};
  EXPECT_EQ(refusal(shape, 1, kPlain, kPlain, device), "");
  EXPECT_EQ(refusal(shape, 64, {Order::kPlain, 3}, {Order::kPlain, 1}, device, Precision::kTf32), "");
  EXPECT_EQ(refusal(shape, 1, last, last, device, Precision::kBf16), "");
  EXPECT_EQ(refusal(shape, 65, kPlain, kPlain, device), "only for up to 64 images");
  EXPECT_EQ(refusal(shape, 2, last, kPlain, device), "the input must be plain");
  EXPECT_EQ(refusal(shape, 2, kPlain, last, device), "the output must be plain");
  EXPECT_EQ(refusal(shape, 1, {Order::kChannelsLast, 0}, kPlain, device), "the input must be plain");
  EXPECT_EQ(refusal(shape, 1, {Order::kLanes, 0}, kPlain, device), "the input must be plain");
  EXPECT_EQ(refusal({4, 3, 2, 2, 2, 2}, 1, kPlain, kPlain, device), "only for convolutions");
  EXPECT_EQ(refusal({0, 3, 8, 8, 3, 3}, 1, kPlain, kPlain, device), "an empty layer");
  EXPECT_EQ(refusal({4, 3, 2, 2, 3, 3}, 1, kPlain, kPlain, device), "no output pixel");
  EXPECT_EQ(refusal({70000, 3, 8, 8, 3, 3}, 1, kPlain, kPlain, device), "more than 65,535 output channels");
  EXPECT_EQ(refusal({4, 3, 40000, 40000, 3, 3}, 2, kPlain, kPlain, device), "2^31 output pixels or more");
  EXPECT_EQ(refusal({4, 3, 400, 400, 65, 65}, 1, kPlain, kPlain, device),
            "a window of more than 4,096 weights");
  CudaDevice old = device;
  old.major = 7, old.minor = 5;
  EXPECT_EQ(refusal(shape, 1, kPlain, kPlain, old), "needs compute capability 8.0");
  old.major = 8, old.minor = 0;
  Layer layer = conv_layer(shape);
  layer.weights.begin.assign(5, 0);
  const CudaRequest request{layer, 1, Precision::kFp32, kPlain, kPlain, old};
  EXPECT_EQ(candidate->refusal(request), "");
  for (const auto& runner : candidate->make(request))
    EXPECT_EQ(runner->variant().find("overlapping"), std::string::npos) << "from sm_90 on";
  CudaDevice tiny = device;
  tiny.shared_bytes_per_block = 256;
  EXPECT_EQ(refusal(shape, 1, kPlain, kPlain, tiny), "too little shared memory");
}

TEST(ConvPixelsLimits, PointersAreChecked) {
  const CudaDevice device = host_device();
  Layer layer = conv_layer({4, 3, 4, 4, 3, 3, 1, 1, 1});
  layer.weights.begin.assign(5, 0);
  DeviceBuffer x(400), y(400);
  const CudaRequest request{layer, 1, Precision::kFp32, kPlain, kPlain, device};
  const auto runner = conv_pixels_runner(request, {4, 4, 1, 4, 3, 1, 1}, false);
  EXPECT_NO_THROW(runner->run(x.data(), nullptr, y.data(), nullptr));
  EXPECT_THROW(runner->run(nullptr, nullptr, y.data(), nullptr), std::invalid_argument);
  EXPECT_THROW(runner->run(x.as<char>() + 4, nullptr, y.data(), nullptr), std::invalid_argument);
  EXPECT_THROW(runner->run(x.data(), x.data(), y.data(), nullptr), std::invalid_argument);
}

TEST(ConvPixelsLimits, TilingsThatCannotBe) {
  const CudaDevice device = host_device();
  Layer layer = conv_layer({4, 12, 20, 20, 3, 3, 1, 1, 1});
  layer.weights.begin.assign(5, 0);
  const CudaRequest request{layer, 1, Precision::kFp32, kPlain, kPlain, device};
  const auto make = [&](const ConvPixelsTiling& tiling) { conv_pixels_runner(request, tiling, false); };
  EXPECT_NO_THROW(make({8, 8, 2, 4, 3, 2, 1}));
  EXPECT_THROW(make({0, 8, 2, 4, 3, 2, 1}), std::invalid_argument) << "pixels";
  EXPECT_THROW(make({8, 0, 2, 4, 3, 2, 1}), std::invalid_argument);
  EXPECT_NO_THROW(make({16, 16, 2, 4, 3, 2, 1}));
  EXPECT_THROW(make({16, 17, 2, 4, 3, 2, 1}), std::invalid_argument) << "more than 8 pixels a lane";
  EXPECT_THROW(make({8, 8, 0, 4, 3, 2, 1}), std::invalid_argument) << "warps";
  EXPECT_THROW(make({8, 8, 17, 4, 3, 2, 1}), std::invalid_argument);
  EXPECT_THROW(make({8, 8, 2, 0, 3, 2, 1}), std::invalid_argument) << "rows";
  EXPECT_THROW(make({8, 8, 3, 3, 3, 2, 1}), std::invalid_argument) << "an odd number of them";
  EXPECT_THROW(make({8, 8, 2, 4, 0, 2, 1}), std::invalid_argument) << "channels";
  EXPECT_THROW(make({8, 8, 2, 4, 7282, 1, 1}), std::invalid_argument) << "more than 16 bits count";
  EXPECT_THROW(make({8, 8, 2, 4, 3, 1, 1}), std::invalid_argument) << "one stage for four chunks";
  EXPECT_NO_THROW(make({8, 8, 2, 4, 3, 1, 4}));
  EXPECT_NO_THROW(make({8, 8, 2, 4, 12, 1, 1}));
  EXPECT_THROW(make({8, 8, 2, 4, 3, 5, 1}), std::invalid_argument) << "stages";
  EXPECT_THROW(make({8, 8, 2, 4, 3, 2, 0}), std::invalid_argument) << "splits";
  EXPECT_THROW(make({8, 8, 2, 4, 3, 2, 5}), std::invalid_argument) << "more than chunks";
  EXPECT_THROW(make({16, 16, 16, 16, 3, 2, 1}), std::invalid_argument) << "more sums than shared memory";
}

}  // namespace
}  // namespace coppice::kernels
