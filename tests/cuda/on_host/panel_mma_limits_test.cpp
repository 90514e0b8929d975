// What the panel SpMM does with non-finite numbers, and what it refuses.
#include <limits>

#include "cuda/linear_cases.h"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/panel_mma/panel_mma.h"

namespace coppice::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr Layout kLast{Order::kImagesLast, 0};

/// It reaches what reads it, and else only outputs of the same image in a panel of which some row reads it:
/// no padding of columns, slices or tiles lets it through.
TEST(PanelMmaLimits, NonFiniteInputsReachTheirPanelsAlone) {
  const CudaDevice device = host_device();
  std::mt19937 random(5);
  Layer layer = linear_layer(60, 41);
  fill_rows(layer, Rows::kMixed, 0.1, Precision::kBf16, random);
  const PanelTiling tiling{2, 16, 16, 2};
  const PackedPanels packed = pack_panels(layer.weights, tiling);
  const std::vector<float> weights = dense_from_csr(layer.weights);
  for (const std::int64_t images : {16, 19}) {
    const CudaRequest request{layer, images, Precision::kBf16, kLast, kLast, device};
    const auto runner = panel_mma_runner(request, tiling, true);
    const LinearData finite = draw_data(request, random);
    for (std::int64_t at = 0; at < 41 * images; at += 5) {
      LinearData data = finite;
      data.x[static_cast<std::size_t>(at)] = at % 3 ? kNan : kInf;
      const std::vector<float> y = run_on(*runner, request, data);
      const auto column = static_cast<std::size_t>(at / images);
      std::vector<bool> reads(60), may(60);
      for (std::size_t row = 0; row < 60; ++row) reads[row] = weights[row * 41 + column] != 0;
      for (std::size_t slot = 0; slot < packed.rows.slots.size(); ++slot) {
        const RowSlot& here = packed.rows.slots[slot];
        if (here.pieces == 0 || !reads[here.row]) continue;
        for (std::size_t other = slot / 16 * 16; other < slot / 16 * 16 + 16; ++other) {
          may[packed.rows.slots[other].row] = true;
        }
      }
      for (std::int64_t i = 0; i < std::ssize(y); ++i) {
        const auto row = static_cast<std::size_t>(i / images);
        const bool same_image = i % images == at % images,
                   finite_y = std::isfinite(y[static_cast<std::size_t>(i)]);
        if (same_image && reads[row]) {
          ASSERT_FALSE(finite_y) << "input " << at << " output " << i;
        } else if (!same_image || !may[row]) {
          ASSERT_TRUE(finite_y) << "input " << at << " output " << i;
        }
      }
    }
  }
}

TEST(PanelMmaLimits, NonFiniteWeightsBiasAndResidual) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(6, 5);
  layer.weights.begin = {0, 1, 2, 3, 4, 5, 6};
  layer.weights.column = {0, 1, 2, 3, 4, 0};
  // The NaN whose upper half alone would be an infinity.
  layer.weights.value = {std::bit_cast<float>(0x7f800001u), kInf, -kInf, kInf, 1, 1};
  layer.bias = {0, 0, 0, 0, kNan, 0};
  layer.relu = layer.residual = true;
  const CudaRequest request{layer, 9, Precision::kBf16, kLast, kLast, device};
  LinearData data;
  data.x.assign(5 * 9, 1);
  for (std::size_t i = 27; i < 36; ++i) data.x[i] = 0;
  data.residual.assign(6 * 9, 0);
  for (std::size_t i = 45; i < 54; ++i) data.residual[i] = kNan;
  const std::vector<float> y =
      run_on(*panel_mma_runner(request, PanelTiling{1, 16, 8, 1}, false), request, data);
  for (std::size_t image = 0; image < 9; ++image) {
    EXPECT_TRUE(std::isnan(y[image])) << "a ReLU keeps NaN";
    EXPECT_EQ(y[9 + image], kInf);
    EXPECT_EQ(y[18 + image], 0) << "-inf under a ReLU";
    EXPECT_TRUE(std::isnan(y[27 + image])) << "inf times 0";
    EXPECT_TRUE(std::isnan(y[36 + image]));
    EXPECT_TRUE(std::isnan(y[45 + image]));
  }
}

TEST(PanelMmaLimits, RefusalsWithTheirReasons) {
  const auto candidate = panel_mma_candidate();
  EXPECT_EQ(candidate->name(), "panel-mma");
  EXPECT_TRUE(candidate->sparse());
  const CudaDevice device = host_device();
  Layer layer = linear_layer(4, 3, 2, 2);
  layer.weights.begin.assign(5, 0);
  const auto refusal = [&](const Layer& l, std::int64_t images, Precision precision, Layout in, Layout out,
                           const CudaDevice& on) {
    return candidate->refusal({l, images, precision, in, out, on});
  };
  const auto of = [&](const Layer& l, std::int64_t images, const CudaDevice& on) {
    return refusal(l, images, Precision::kBf16, kLast, kLast, on);
  };
  const Layout plain, halo{Order::kImagesLast, 1};
  EXPECT_EQ(of(layer, 9, device), "");
  EXPECT_EQ(of(layer, 100000, device), "");
  EXPECT_EQ(of(layer, 8, device), "only for more than 8 images");
  EXPECT_EQ(refusal(layer, 64, Precision::kFp32, kLast, kLast, device), "only in bf16");
  EXPECT_EQ(refusal(layer, 64, Precision::kTf32, kLast, kLast, device), "only in bf16");
  EXPECT_EQ(refusal(layer, 64, Precision::kBf16, plain, kLast, device), "the input must be images-last");
  EXPECT_EQ(refusal(layer, 64, Precision::kBf16, kLast, plain, device), "the output must be images-last");
  EXPECT_EQ(refusal(layer, 64, Precision::kBf16, halo, kLast, device), "the input must have no halo");
  EXPECT_EQ(of(linear_layer(0, 3), 64, device), "an empty layer");
  EXPECT_EQ(of(linear_layer(3, 0), 64, device), "an empty layer");
  Layer conv = layer;
  conv.shape.height = 5;
  EXPECT_EQ(of(conv, 64, device), "only for linear layers");
  CudaDevice old = device;
  old.major = 7, old.minor = 5;
  EXPECT_EQ(of(layer, 64, old), "needs compute capability 8.0");
  old.major = 8, old.minor = 0;
  EXPECT_EQ(of(layer, 64, old), "");
  for (const auto& runner : candidate->make({layer, 64, Precision::kBf16, kLast, kLast, old})) {
    EXPECT_EQ(runner->variant().find("overlapping"), std::string::npos) << "from sm_90 on";
  }
  CudaDevice tiny = device;
  tiny.shared_bytes_per_block = 8 << 10;
  EXPECT_EQ(of(layer, 64, tiny), "too little shared memory");
  EXPECT_EQ(of(layer, std::int64_t{65535} * 128 + 1, device), "more images than a grid has tiles");
  Layer huge = layer;  // only its sizes are looked at
  huge.shape.outputs = std::int64_t{1} << 31;
  EXPECT_EQ(of(huge, 64, device), "2^31 rows or columns, or more");
}

TEST(PanelMmaLimits, PointersAreChecked) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(4, 40);
  layer.weights.begin.assign(5, 0);
  DeviceBuffer x(720), y(72), residual(72);
  const auto message = [&](const Layer& l, const void* in, const void* added, void* out) -> std::string {
    const CudaRequest request{l, 9, Precision::kBf16, kLast, kLast, device};
    try {
      panel_mma_candidate()->make(request).front()->run(in, added, out, nullptr);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(layer, x.data(), nullptr, y.data()), "");
  EXPECT_EQ(message(layer, nullptr, nullptr, y.data()), "panel-mma: the input is null");
  EXPECT_EQ(message(layer, x.as<char>() + 2, nullptr, y.data()),
            "panel-mma: the input is not 16-byte aligned");
  EXPECT_EQ(message(layer, x.data(), residual.data(), y.data()), "panel-mma: the layer has no residual");
  layer.residual = true;
  EXPECT_EQ(message(layer, x.data(), nullptr, y.data()), "panel-mma: the residual is null");
}

TEST(PanelMmaLimits, TilingsThatCannotBe) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(4, 40);
  layer.weights.begin.assign(5, 0);
  const CudaRequest request{layer, 9, Precision::kBf16, kLast, kLast, device};
  EXPECT_NO_THROW(panel_mma_runner(request, {16, 16, 8, 1}, false));
  EXPECT_THROW(panel_mma_runner(request, {17, 16, 8, 1}, false), std::invalid_argument);
  EXPECT_THROW(panel_mma_runner(request, {1, 32, 8, 1}, false), std::invalid_argument);
  PanelLaunch launch;
  launch.columns = 32;
  EXPECT_THROW(launch_panel_mma({}, launch), std::invalid_argument);
  launch.columns = 16, launch.warps = 17;
  EXPECT_THROW(launch_panel_mma({}, launch), std::invalid_argument);
}

}  // namespace
}  // namespace coppice::kernels
