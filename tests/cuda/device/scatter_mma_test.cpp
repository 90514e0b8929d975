// scatter-mma on a device, against its definition in FP64. The suite SanitizedScatterMma is small enough for
// compute-sanitizer.
#include "kernels/cuda/scatter_mma/scatter_mma.h"

#include "cuda/linear_cases.h"

namespace coppice::kernels {
namespace {

constexpr Layout kPlain{Order::kPlain, 0}, kLast{Order::kImagesLast, 0};

class ScatterMmaOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    const std::vector<CudaDevice> devices = cuda_devices(&why);
    if (devices.empty()) GTEST_SKIP() << "no CUDA device: " << why;
    device_ = devices.front();
    if (device_.capability() < 80) GTEST_SKIP() << "mma of bf16 needs compute capability 8.0";
  }

  std::int64_t up_to(std::int64_t most) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most));
  }

  /// Every variant of the candidate, several times: right, and the same bits.
  void check_variants(const CudaRequest& request) {
    const auto candidate = scatter_mma_candidate();
    ASSERT_EQ(candidate->refusal(request), "");
    LinearData data = drawn(request);
    for (const auto& runner : candidate->make(request)) check(request, *runner, data);
  }
  /// Tensor cores may cut sums off where others round them: twice the error for each term.
  LinearData drawn(const CudaRequest& request) {
    LinearData data = draw_data(request, random_);
    define(request, data);
    for (double& bound : data.bound) bound *= 2;
    return data;
  }
  void check(const CudaRequest& request, CudaRunner& runner, const LinearData& data) {
    const std::vector<float> got = run_on(runner, request, data);
    ASSERT_NO_FATAL_FAILURE(expect_right(request, data, got, runner.variant()));
    const auto copy = runner.replicate();
    for (CudaRunner* again : {&runner, copy.get()}) {
      const std::vector<float> same = run_on(*again, request, data);
      ASSERT_EQ(std::memcmp(got.data(), same.data(), got.size() * sizeof(float)), 0) << runner.variant();
    }
  }

  void random_cases(int count) {
    for (int i = 0; i < count; ++i) {
      Layer layer = linear_layer(1 + up_to(400), 1 + up_to(900));
      fill_rows(layer, static_cast<Rows>(up_to(6)), std::pow(0.5, up_to(6)), Precision::kBf16, random_);
      if (up_to(2)) give_bias(layer, random_);
      layer.relu = up_to(2);
      layer.residual = up_to(2);
      const CudaRequest request{
          layer,  9 + up_to(56), Precision::kBf16, up_to(2) ? kPlain : kLast, up_to(2) ? kPlain : kLast,
          device_};
      if (i % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(check_variants(request));
        continue;
      }
      ScatterTiling tiling;  // small, so that such layers have several blocks of rows, slices and parts
      tiling.row_tiles = 1 << up_to(3);
      tiling.warps = 1 + static_cast<int>(up_to(4));
      tiling.teams = 1 + static_cast<int>(up_to(8 / tiling.warps));
      tiling.stages = 2 + static_cast<int>(up_to(5));
      tiling.stage_groups = tiling.header_groups() + tiling.warps + up_to(400);
      tiling.parts = 1 + up_to(100);
      while (scatter_shared_bytes(tiling, scatter_padded_images(request.images), request.in == kLast) >
             device_.shared_bytes_per_block) {
        tiling.stages > 2 ? --tiling.stages : --tiling.teams;
      }
      const LinearData data = drawn(request);
      const auto runner = scatter_mma_runner(request, tiling, up_to(2) && device_.capability() >= 90);
      ASSERT_NO_FATAL_FAILURE(check(request, *runner, data));
    }
  }

  CudaDevice device_;
  std::mt19937 random_{11};
};
using SanitizedScatterMma = ScatterMmaOnDevice;

TEST_F(SanitizedScatterMma, SmallLayers) { random_cases(12); }

TEST_F(ScatterMmaOnDevice, RandomLayersAndTilings) { random_cases(400); }

TEST_F(ScatterMmaOnDevice, LargeLayers) {
  struct Case {
    std::int64_t rows, columns, images;
    double density;
  };
  for (const Case& c : {Case{4096, 4096, 16, 0.1}, Case{8192, 8192, 64, 0.05}, Case{8192, 8192, 9, 0.02},
                        Case{512, 4608, 33, 0.1}, Case{1024, 4096, 64, 0.2}, Case{100, 25088, 24, 0.1},
                        Case{100003, 65, 40, 0.2}}) {
    Layer layer = linear_layer(c.rows, c.columns);
    fill_rows(layer, Rows::kEven, c.density, Precision::kBf16, random_);
    give_bias(layer, random_);
    layer.relu = true;
    for (const auto& [in, out] : {std::pair{kPlain, kPlain}, {kLast, kLast}}) {
      ASSERT_NO_FATAL_FAILURE(check_variants({layer, c.images, Precision::kBf16, in, out, device_}));
    }
  }
}

TEST_F(ScatterMmaOnDevice, OneFullRowAmongEmptyOnes) {
  Layer layer = linear_layer(5000, 20000);
  layer.weights.begin.assign(5001, 0);
  for (std::int32_t column = 0; column < 20000; ++column) {
    layer.weights.column.push_back(column);
    layer.weights.value.push_back(static_cast<float>(column % 7) - 3);
  }
  for (std::size_t row = 3001; row <= 5000; ++row) layer.weights.begin[row] = 20000;
  give_bias(layer, random_);
  for (const std::int64_t images : {9, 64}) {
    ASSERT_NO_FATAL_FAILURE(check_variants({layer, images, Precision::kBf16, kPlain, kPlain, device_}));
  }
}

/// The last part of a block of rows is another one each time; sums are the same bits always.
TEST_F(ScatterMmaOnDevice, ManyPartsManyTimes) {
  Layer layer = linear_layer(300, 8000);
  fill_rows(layer, Rows::kEven, 0.1, Precision::kBf16, random_);
  const CudaRequest request{layer, 32, Precision::kBf16, kPlain, kLast, device_};
  const LinearData data = drawn(request);
  ScatterTiling tiling{1, 4, 1, 4, 200, device_.multiprocessors, 2, 400};
  const auto runner = scatter_mma_runner(request, tiling, device_.capability() >= 90);
  const std::vector<float> first = run_on(*runner, request, data);
  ASSERT_NO_FATAL_FAILURE(expect_right(request, data, first, runner->variant()));
  for (int i = 0; i < 200; ++i) {
    const std::vector<float> again = run_on(*runner, request, data);
    ASSERT_EQ(std::memcmp(first.data(), again.data(), first.size() * sizeof(float)), 0);
  }
}

/// Launches that overlap: each reads what the one before writes, writes what that one read, and leaves its
/// parts' sums where that one's are.
TEST_F(ScatterMmaOnDevice, AChainOfOverlappingLaunches) {
  if (device_.capability() < 90) GTEST_SKIP() << "launches overlap from sm_90 on";
  Layer layer = linear_layer(1024, 1024);
  fill_rows(layer, Rows::kEven, 0.02, Precision::kBf16, random_);
  for (float& value : layer.weights.value) value = rounded(value / 4, Precision::kBf16);
  layer.relu = true;
  give_bias(layer, random_);
  const CudaRequest request{layer, 24, Precision::kBf16, kPlain, kPlain, device_};
  const LinearData data = draw_data(request, random_);
  const auto chain = [&](CudaRunner& runner) {
    DeviceBuffer a = to_device(data.x, Precision::kBf16), b(a.bytes());
    for (int i = 0; i < 50; ++i) {
      runner.run(a.data(), nullptr, b.data(), nullptr);
      runner.run(b.data(), nullptr, a.data(), nullptr);
    }
    return on_host<Bf16>(a);
  };
  for (const ScatterTiling& tiling : {ScatterTiling{2, 4, 2, 4, 300, device_.multiprocessors, 1, 64},
                                      ScatterTiling{1, 4, 1, 3, 100, device_.multiprocessors, 2, 128}}) {
    const std::vector<Bf16> apart = chain(*scatter_mma_runner(request, tiling, false));
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ(chain(*scatter_mma_runner(request, tiling, true)), apart);
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
