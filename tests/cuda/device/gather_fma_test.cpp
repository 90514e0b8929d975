// The compacted SpMM on a device, against its definition in FP64. The suite SanitizedGatherFma is small
// enough for compute-sanitizer.
#include "kernels/cuda/gather_fma/gather_fma.h"

#include "cuda/linear_cases.h"

namespace coppice::kernels {
namespace {

constexpr Layout kLast{Order::kImagesLast, 0};

class GatherFmaOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    const std::vector<CudaDevice> devices = cuda_devices(&why);
    if (devices.empty()) GTEST_SKIP() << "no CUDA device: " << why;
    device_ = devices.front();
    if (device_.capability() < 80) GTEST_SKIP() << "needs compute capability 8.0";
  }

  std::int64_t up_to(std::int64_t most) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most));
  }

  CudaRequest request(const Layer& layer, std::int64_t images) const {
    return {layer, images, Precision::kFp32, kLast, kLast, device_};
  }

  /// Every variant of the candidate, twice: right, and the same bits.
  void check_variants(const CudaRequest& request) {
    const auto candidate = gather_fma_candidate();
    ASSERT_EQ(candidate->refusal(request), "");
    LinearData data = draw_data(request, random_);
    define(request, data);
    for (const auto& runner : candidate->make(request)) check(request, *runner, data);
  }
  void check(const CudaRequest& request, CudaRunner& runner, const LinearData& data) {
    const std::vector<float> got = run_on(runner, request, data);
    ASSERT_NO_FATAL_FAILURE(expect_right(request, data, got, runner.variant()));
    const std::vector<float> again = run_on(*runner.replicate(), request, data);
    ASSERT_EQ(std::memcmp(got.data(), again.data(), got.size() * sizeof(float)), 0) << runner.variant();
  }

  /// Blocks and slices so small that such layers cross several.
  GatherTiling draw_tiling() {
    GatherTiling tiling;
    tiling.warps = static_cast<int>(1 + up_to(16));
    do {
      tiling.warp_rows = 4 << up_to(4);
      tiling.lane_images = 1 << up_to(3);
    } while (!gather_kernel_exists(tiling.warp_rows, tiling.lane_images));
    tiling.stages = static_cast<int>(2 + up_to(2));
    tiling.slice_columns = static_cast<int>(1 + up_to(32));
    tiling.slice_vectors = gather_least_vectors(tiling) + static_cast<int>(up_to(500));
    tiling.splits = static_cast<int>(up_to(2) ? 1 : 2 + up_to(8));
    return tiling;
  }

  void random_cases(int count) {
    for (int i = 0; i < count; ++i) {
      Layer layer = linear_layer(1 + up_to(300), 1 + up_to(400));
      fill_rows(layer, static_cast<Rows>(up_to(6)), std::pow(0.5, up_to(6)), Precision::kFp32, random_);
      if (up_to(2)) give_bias(layer, random_);
      layer.relu = up_to(2);
      layer.residual = up_to(2);
      const CudaRequest drawn = request(layer, 9 + up_to(300));
      if (i % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(check_variants(drawn));
        continue;
      }
      LinearData data = draw_data(drawn, random_);
      define(drawn, data);
      const auto runner = gather_fma_runner(drawn, draw_tiling(), up_to(2) && device_.capability() >= 90);
      ASSERT_NO_FATAL_FAILURE(check(drawn, *runner, data));
    }
  }

  CudaDevice device_;
  std::mt19937 random_{11};
};
using SanitizedGatherFma = GatherFmaOnDevice;

TEST_F(SanitizedGatherFma, SmallLayers) { random_cases(12); }

TEST_F(GatherFmaOnDevice, RandomLayersAndTilings) { random_cases(300); }

TEST_F(GatherFmaOnDevice, LargeLayers) {
  struct Case {
    std::int64_t rows, columns, images;
    double density;
  };
  for (const Case& c : {Case{4096, 4096, 64, 0.1}, Case{4096, 4096, 512, 0.05}, Case{8192, 8192, 130, 0.02},
                        Case{512, 4608, 1023, 0.1}, Case{10, 100003, 9, 0.3}, Case{100003, 65, 33, 0.2}}) {
    Layer layer = linear_layer(c.rows, c.columns);
    fill_rows(layer, Rows::kEven, c.density, Precision::kFp32, random_);
    give_bias(layer, random_);
    layer.relu = true;
    ASSERT_NO_FATAL_FAILURE(check_variants(request(layer, c.images)));
  }
}

TEST_F(GatherFmaOnDevice, OneFullRowAmongEmptyOnes) {
  Layer layer = linear_layer(5000, 20000);
  layer.weights.begin.assign(5001, 0);
  for (std::int32_t column = 0; column < 20000; ++column) {
    layer.weights.column.push_back(column);
    layer.weights.value.push_back(static_cast<float>(column % 7) - 3);
  }
  for (std::size_t row = 3001; row <= 5000; ++row) layer.weights.begin[row] = 20000;
  give_bias(layer, random_);
  ASSERT_NO_FATAL_FAILURE(check_variants(request(layer, 100)));
}

/// Launches that overlap: each reads what the one before writes, and writes what that one read.
TEST_F(GatherFmaOnDevice, AChainOfOverlappingLaunches) {
  if (device_.capability() < 90) GTEST_SKIP() << "launches overlap from sm_90 on";
  Layer layer = linear_layer(1024, 1024);
  fill_rows(layer, Rows::kEven, 0.02, Precision::kFp32, random_);
  layer.relu = true;
  give_bias(layer, random_);
  const CudaRequest chained = request(layer, 64);
  const LinearData data = draw_data(chained, random_);
  const auto chain = [&](CudaRunner& runner) {
    DeviceBuffer a = on_device(data.x), b(a.bytes());
    for (int i = 0; i < 50; ++i) {
      runner.run(a.data(), nullptr, b.data(), nullptr);
      runner.run(b.data(), nullptr, a.data(), nullptr);
    }
    return on_host<float>(a);
  };
  for (const GatherTiling& tiling :
       {GatherTiling{8, 16, 2, 2, 64, 600}, GatherTiling{4, 4, 1, 2, 32, 100, 4}}) {
    const std::vector<float> apart = chain(*gather_fma_runner(chained, tiling, false));
    for (int i = 0; i < 20; ++i) {
      const std::vector<float> overlapping = chain(*gather_fma_runner(chained, tiling, true));
      ASSERT_EQ(std::memcmp(apart.data(), overlapping.data(), apart.size() * sizeof(float)), 0);
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
