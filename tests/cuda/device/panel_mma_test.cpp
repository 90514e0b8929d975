// The panel SpMM on a device, against its definition in FP64. The suite SanitizedPanelMma is small enough for
// compute-sanitizer.
#include "kernels/cuda/panel_mma/panel_mma.h"

#include "cuda/linear_cases.h"

namespace coppice::kernels {
namespace {

constexpr Layout kLast{Order::kImagesLast, 0};

class PanelMmaOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    const std::vector<CudaDevice> devices = cuda_devices(&why);
    if (devices.empty()) GTEST_SKIP() << "no CUDA device: " << why;
    device_ = devices.front();
    if (device_.capability() < 80) GTEST_SKIP() << "no tensor cores for bf16";
  }

  std::int64_t up_to(std::int64_t most) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most));
  }

  CudaRequest request_of(const Layer& layer, std::int64_t images) const {
    return {layer, images, Precision::kBf16, kLast, kLast, device_};
  }

  /// Tensor cores may truncate sums rather than round them: 2^-23 for each term instead of 2^-24.
  LinearData data_of(const CudaRequest& request) {
    LinearData data = draw_data(request, random_);
    define(request, data);
    for (double& bound : data.bound) bound *= 2;
    return data;
  }

  /// Right, and the same bits once more from the same runner and from a copy.
  void check(const CudaRequest& request, CudaRunner& runner, const LinearData& data) {
    const std::vector<float> got = run_on(runner, request, data);
    ASSERT_NO_FATAL_FAILURE(expect_right(request, data, got, runner.variant()));
    const auto copy = runner.replicate();
    for (CudaRunner* again : {&runner, copy.get()}) {
      const std::vector<float> other = run_on(*again, request, data);
      ASSERT_EQ(std::memcmp(got.data(), other.data(), got.size() * sizeof(float)), 0) << runner.variant();
    }
  }

  /// Every variant of the candidate.
  void check_variants(const CudaRequest& request) {
    const auto candidate = panel_mma_candidate();
    ASSERT_EQ(candidate->refusal(request), "");
    const LinearData data = data_of(request);
    for (const auto& runner : candidate->make(request)) {
      ASSERT_NO_FATAL_FAILURE(check(request, *runner, data));
    }
  }

  void random_cases(int count) {
    for (int i = 0; i < count; ++i) {
      Layer layer = linear_layer(1 + up_to(300), 1 + up_to(700));
      fill_rows(layer, static_cast<Rows>(up_to(6)), std::pow(0.5, 1 + up_to(6)), Precision::kBf16, random_);
      if (up_to(2)) give_bias(layer, random_);
      layer.relu = up_to(2);
      layer.residual = up_to(2);
      const CudaRequest request = request_of(layer, up_to(2) ? 8 * (2 + up_to(30)) : 9 + up_to(200));
      if (i % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(check_variants(request));
        continue;
      }
      PanelTiling tiling;  // small, so that such layers cross blocks of rows, slices and parts
      const int columns[] = {16, 64, 128};
      tiling.columns = columns[up_to(3)];
      tiling.warps = 1 + static_cast<int>(up_to(8));
      tiling.slice_columns = 8 * static_cast<int>(1 + up_to(12));
      tiling.parts = 1 + static_cast<int>(up_to(4));
      const LinearData data = data_of(request);
      const auto runner = panel_mma_runner(request, tiling, up_to(2) && device_.capability() >= 90);
      ASSERT_NO_FATAL_FAILURE(check(request, *runner, data));
    }
  }

  CudaDevice device_;
  std::mt19937 random_{12};
};
using SanitizedPanelMma = PanelMmaOnDevice;

TEST_F(SanitizedPanelMma, SmallLayers) { random_cases(12); }

TEST_F(PanelMmaOnDevice, RandomLayersAndTilings) { random_cases(200); }

TEST_F(PanelMmaOnDevice, LargeLayers) {
  struct Case {
    std::int64_t rows, columns, images;
    double density;
  };
  for (const Case& c : {Case{2048, 2048, 256, 0.02}, Case{4096, 4096, 64, 0.05}, Case{1000, 11008, 131, 0.02},
                        Case{100003, 65, 24, 0.2}, Case{10, 100007, 72, 0.1}}) {
    Layer layer = linear_layer(c.rows, c.columns);
    fill_rows(layer, Rows::kEven, c.density, Precision::kBf16, random_);
    give_bias(layer, random_);
    layer.relu = true;
    ASSERT_NO_FATAL_FAILURE(check_variants(request_of(layer, c.images)));
  }
}

TEST_F(PanelMmaOnDevice, OneFullRowAmongEmptyOnes) {
  Layer layer = linear_layer(3000, 9000);
  layer.weights.begin.assign(3001, 0);
  for (std::int32_t column = 0; column < 9000; ++column) {
    layer.weights.column.push_back(column);
    layer.weights.value.push_back(static_cast<float>(column % 7) - 3);
  }
  for (std::size_t row = 2001; row <= 3000; ++row) layer.weights.begin[row] = 9000;
  give_bias(layer, random_);
  ASSERT_NO_FATAL_FAILURE(check_variants(request_of(layer, 100)));
}

/// Launches that overlap: each reads what the one before writes, and writes what that one read. Blocks of
/// rows in parts share their sums' memory over launches.
TEST_F(PanelMmaOnDevice, AChainOfOverlappingLaunches) {
  if (device_.capability() < 90) GTEST_SKIP() << "launches overlap from sm_90 on";
  Layer layer = linear_layer(1024, 1024);
  fill_rows(layer, Rows::kEven, 0.02, Precision::kBf16, random_);
  layer.relu = true;
  give_bias(layer, random_);
  const CudaRequest request = request_of(layer, 64);
  const LinearData data = draw_data(request, random_);
  const auto chain = [&](CudaRunner& runner) {
    DeviceBuffer a = to_device(data.x, Precision::kBf16), b(a.bytes());
    for (int i = 0; i < 50; ++i) {
      runner.run(a.data(), nullptr, b.data(), nullptr);
      runner.run(b.data(), nullptr, a.data(), nullptr);
    }
    return on_host<Bf16>(a);
  };
  for (const PanelTiling& tiling :
       {PanelTiling{16, 64, 256, 1}, PanelTiling{8, 64, 128, 4}, PanelTiling{4, 16, 64, 3}}) {
    const std::vector<Bf16> apart = chain(*panel_mma_runner(request, tiling, false));
    for (int i = 0; i < 20; ++i) ASSERT_EQ(chain(*panel_mma_runner(request, tiling, true)), apart);
  }
}

}  // namespace
}  // namespace coppice::kernels
