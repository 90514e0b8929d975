// What scatter-mma does with non-finite numbers, and what it refuses.
#include <limits>

#include "cuda/linear_cases.h"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/scatter_mma/scatter_mma.h"

namespace coppice::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

/// Outputs that read it are not finite, and those of other images are what they were: neither the images that
/// fill up nor columns beyond the last let it through.
TEST(ScatterMmaLimits, NonFiniteInputsStayWithTheirImage) {
  const CudaDevice device = host_device();
  std::mt19937 random(5);
  for (const Order in : {Order::kPlain, Order::kImagesLast}) {
    Layer layer = linear_layer(25, 41);
    fill_rows(layer, Rows::kMixed, 0.2, Precision::kBf16, random);
    const CudaRequest request{layer, 11, Precision::kBf16, {in, 0}, {}, device};
    const auto runner = scatter_mma_runner(request, ScatterTiling{1, 1, 1, 2, 300, 1, 1}, true);
    const LinearData finite = draw_data(request, random);
    const std::vector<float> before = run_on(*runner, request, finite);
    const std::vector<float> weights = dense_from_csr(layer.weights);
    for (const float bad : {kNan, kInf, -kInf}) {
      for (std::size_t at = 0; at < 41 * 11; at += 7) {
        LinearData data = finite;
        data.x[at] = bad;
        const std::vector<float> y = run_on(*runner, request, data);
        const std::size_t image = in == Order::kPlain ? at / 41 : at % 11;
        const std::size_t column = in == Order::kPlain ? at % 41 : at / 11;
        for (std::size_t i = 0; i < y.size(); ++i) {
          if (i / 25 != image) {
            ASSERT_EQ(y[i], before[i]);
          } else if (weights[i % 25 * 41 + column] != 0) {
            ASSERT_FALSE(std::isfinite(y[i]));
          }
        }
      }
    }
  }
}

TEST(ScatterMmaLimits, WeightsThatAreNotFinite) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(20, 70);
  layer.weights.column = {3, 69};
  layer.weights.value = {kInf, kNan};
  layer.weights.begin.assign(21, 2);
  layer.weights.begin[0] = 0, layer.weights.begin[1] = 1;
  const CudaRequest request{layer, 9, Precision::kBf16, {}, {}, device};
  LinearData data;
  data.x.assign(9 * 70, 2.0f);
  const std::vector<float> y = run_on(*scatter_mma_candidate()->make(request).front(), request, data);
  for (std::size_t image = 0; image < 9; ++image) {
    EXPECT_EQ(y[image * 20], kInf);
    EXPECT_TRUE(std::isnan(y[image * 20 + 1]));
    for (std::size_t row = 2; row < 20; ++row) EXPECT_EQ(y[image * 20 + row], 0);
  }
}

std::string refusal(const Layer& layer, std::int64_t images, Layout in, Layout out, const CudaDevice& device,
                    Precision precision = Precision::kBf16) {
  return scatter_mma_candidate()->refusal({layer, images, precision, in, out, device});
}

TEST(ScatterMmaLimits, Refusals) {
  const CudaDevice device = host_device();
  const Layer layer = linear_layer(4, 40);
  const Layout plain{}, last{Order::kImagesLast, 0}, lanes{Order::kLanes, 0}, halo{Order::kPlain, 1};
  for (const std::int64_t images : {9, 16, 64}) {
    EXPECT_EQ(refusal(layer, images, plain, last, device), "");
    EXPECT_EQ(refusal(layer, images, last, plain, device), "");
  }
  for (const std::int64_t images : {-1, 0, 8, 65}) {
    EXPECT_EQ(refusal(layer, images, plain, plain, device), "only for 9 to 64 images");
  }
  EXPECT_EQ(refusal(layer, 9, lanes, plain, device), "the input must not be lanes");
  EXPECT_EQ(refusal(layer, 9, plain, lanes, device), "the output must not be lanes");
  EXPECT_EQ(refusal(layer, 9, halo, plain, device), "the input must have no halo");
  EXPECT_EQ(refusal(layer, 9, plain, halo, device), "the output must have no halo");
  EXPECT_EQ(refusal(layer, 9, plain, plain, device, Precision::kFp32), "only in bf16");
  EXPECT_EQ(refusal(layer, 9, plain, plain, device, Precision::kTf32), "only in bf16");
  EXPECT_EQ(refusal(linear_layer(0, 3), 9, plain, plain, device), "an empty layer");
  EXPECT_EQ(refusal(linear_layer(3, 0), 9, plain, plain, device), "an empty layer");
  Layer conv = layer;
  conv.shape.height = 5;
  EXPECT_EQ(refusal(conv, 9, plain, plain, device), "only for linear layers");
  CudaDevice old = device;
  old.major = 7, old.minor = 5;
  EXPECT_EQ(refusal(layer, 9, plain, plain, old), "needs compute capability 8.0");
  old.major = 8, old.minor = 0;
  EXPECT_EQ(refusal(layer, 9, plain, plain, old), "");
  Layer empty = layer;
  empty.weights.begin.assign(5, 0);
  for (const auto& runner : scatter_mma_candidate()->make({empty, 9, Precision::kBf16, plain, plain, old})) {
    EXPECT_EQ(runner->variant().find("overlapping"), std::string::npos) << "from sm_90 on";
  }
  CudaDevice tiny = device;
  tiny.shared_bytes_per_block = 8 << 10;
  EXPECT_EQ(refusal(layer, 9, plain, plain, tiny), "too little shared memory");
  Layer huge = layer;  // only its sizes are looked at
  huge.shape.outputs = std::int64_t{1} << 31;
  EXPECT_EQ(refusal(huge, 9, plain, plain, device), "2^31 rows or columns, or more");
}

TEST(ScatterMmaLimits, PointersAreChecked) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(4, 40);
  layer.weights.begin.assign(5, 0);
  DeviceBuffer x(9 * 80), y(9 * 8), residual(9 * 8);
  const auto message = [&](const Layer& l, const void* in, const void* added, void* out) -> std::string {
    const CudaRequest request{l, 9, Precision::kBf16, {}, {}, device};
    try {
      scatter_mma_candidate()->make(request).front()->run(in, added, out, nullptr);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(layer, x.data(), nullptr, y.data()), "");
  EXPECT_EQ(message(layer, nullptr, nullptr, y.data()), "scatter-mma: the input is null");
  EXPECT_EQ(message(layer, x.data(), nullptr, y.as<char>() + 8),
            "scatter-mma: the output is not 16-byte aligned");
  EXPECT_EQ(message(layer, x.data(), residual.data(), y.data()), "scatter-mma: the layer has no residual");
  layer.residual = true;
  EXPECT_EQ(message(layer, x.data(), nullptr, y.data()), "scatter-mma: the residual is null");
}

TEST(ScatterMmaLimits, TilingsThatCannotBe) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(4, 40);
  layer.weights.begin.assign(5, 0);
  const CudaRequest request{layer, 9, Precision::kBf16, {}, {}, device};
  const auto made = [&](const ScatterTiling& tiling) {
    try {
      scatter_mma_runner(request, tiling, false);
    } catch (const std::invalid_argument&) {
      return false;
    }
    return true;
  };
  EXPECT_TRUE(made({1, 2, 1, 2, 3, 1, 1})) << "a header of one group, and one for each warp";
  EXPECT_FALSE(made({1, 2, 1, 2, 2, 1, 1}));
  EXPECT_FALSE(made({1, 2, 1, 2, 65536, 1, 1})) << "more groups than 16 bits count";
  EXPECT_FALSE(made({3, 2, 1, 2, 100, 1, 1})) << "48 rows a warp";
  EXPECT_FALSE(made({1, 9, 1, 2, 100, 1, 1})) << "288 threads";
  EXPECT_FALSE(made({1, 3, 3, 2, 100, 1, 1})) << "288 threads";
  EXPECT_FALSE(made({1, 2, 0, 2, 100, 1, 1}));
  EXPECT_FALSE(made({1, 0, 1, 2, 100, 1, 1}));
  EXPECT_FALSE(made({1, 2, 1, 1, 100, 1, 1})) << "one stage";
  EXPECT_FALSE(made({1, 2, 1, 7, 100, 1, 1}));
  EXPECT_FALSE(made({1, 2, 1, 6, 60000, 1, 1})) << "5 MB of shared memory";
  EXPECT_FALSE(made({1, 2, 1, 2, 100, 0, 1}));
  EXPECT_FALSE(made({1, 2, 1, 2, 100, 1, 0}));
  EXPECT_FALSE(made({1, 2, 1, 2, 100, 1, 1, -1}));
  ScatterLaunch launch;
  launch.threads = 64;
  launch.padded_images = 24;
  EXPECT_THROW(launch_scatter_mma({}, launch), std::invalid_argument);
}

}  // namespace
}  // namespace coppice::kernels
