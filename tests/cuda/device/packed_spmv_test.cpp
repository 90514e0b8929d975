// The packed SpMV on a device, against its definition in FP64. The suite SanitizedSpmv is small enough for
// compute-sanitizer.
#include "kernels/cuda/packed_spmv/packed_spmv.h"

#include "cuda/linear_cases.h"

namespace coppice::kernels {
namespace {

constexpr Layout kPlain{Order::kPlain, 0}, kLast{Order::kImagesLast, 0};

class SpmvOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    const std::vector<CudaDevice> devices = cuda_devices(&why);
    if (devices.empty()) GTEST_SKIP() << "no CUDA device: " << why;
    device_ = devices.front();
  }

  std::int64_t up_to(std::int64_t most) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most));
  }

  /// Every variant of the candidate, twice: right, and the same bits.
  void check_variants(const CudaRequest& request) {
    const auto candidate = packed_spmv_candidate();
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

  void random_cases(int count) {
    for (int i = 0; i < count; ++i) {
      const Precision precision = i % 2 ? Precision::kBf16 : Precision::kFp32;
      Layer layer = linear_layer(1 + up_to(200), 1 + up_to(500));
      fill_rows(layer, static_cast<Rows>(up_to(6)), std::pow(0.5, up_to(6)), precision, random_);
      if (up_to(2)) give_bias(layer, random_);
      layer.relu = up_to(2);
      layer.residual = up_to(2);
      const CudaRequest request{
          layer, 1 + up_to(8), precision, up_to(2) ? kPlain : kLast, up_to(2) ? kPlain : kLast, device_};
      if (i % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(check_variants(request));
        continue;
      }
      SpmvTiling tiling;  // small, so that such layers cross blocks of columns and ranges
      tiling.lanes = 8 << up_to(3);
      tiling.threads = 32 * static_cast<int>(1 + up_to(8));
      tiling.loads = precision == Precision::kBf16 && up_to(2) ? 8 : 4;
      tiling.block_columns = 2 * (1 + up_to(200));
      tiling.ranges = 1 + up_to(20);
      tiling.most_sums = 260 + up_to(500);
      LinearData data = draw_data(request, random_);
      define(request, data);
      const auto runner = packed_spmv_runner(request, tiling, up_to(2) && device_.capability() >= 90);
      ASSERT_NO_FATAL_FAILURE(check(request, *runner, data));
    }
  }

  CudaDevice device_;
  std::mt19937 random_{11};
};
using SanitizedSpmv = SpmvOnDevice;

TEST_F(SanitizedSpmv, SmallLayers) { random_cases(12); }

TEST_F(SpmvOnDevice, RandomLayersAndTilings) { random_cases(400); }

TEST_F(SpmvOnDevice, LargeLayers) {
  struct Case {
    std::int64_t rows, columns, images;
    double density;
    Precision precision;
  };
  for (const Case& c :
       {Case{4096, 4096, 1, 0.1, Precision::kBf16}, Case{4096, 4096, 8, 0.05, Precision::kBf16},
        Case{8192, 8192, 8, 0.02, Precision::kFp32}, Case{1000, 25088, 3, 0.1, Precision::kBf16},
        Case{10, 300007, 1, 0.3, Precision::kFp32}, Case{100003, 65, 2, 0.2, Precision::kBf16}}) {
    Layer layer = linear_layer(c.rows, c.columns);
    fill_rows(layer, Rows::kEven, c.density, c.precision, random_);
    give_bias(layer, random_);
    layer.relu = true;
    ASSERT_NO_FATAL_FAILURE(check_variants({layer, c.images, c.precision, kPlain, kLast, device_}));
  }
}

TEST_F(SpmvOnDevice, OneFullRowAmongEmptyOnes) {
  Layer layer = linear_layer(5000, 20000);
  layer.weights.begin.assign(5001, 0);
  for (std::int32_t column = 0; column < 20000; ++column) {
    layer.weights.column.push_back(column);
    layer.weights.value.push_back(static_cast<float>(column % 7) - 3);
  }
  for (std::size_t row = 3001; row <= 5000; ++row) layer.weights.begin[row] = 20000;
  give_bias(layer, random_);
  for (const std::int64_t images : {1, 8}) {
    ASSERT_NO_FATAL_FAILURE(check_variants({layer, images, Precision::kBf16, kPlain, kPlain, device_}));
  }
}

/// Launches that overlap: each reads what the one before writes, and writes what that one read.
TEST_F(SpmvOnDevice, AChainOfOverlappingLaunches) {
  if (device_.capability() < 90) GTEST_SKIP() << "launches overlap from sm_90 on";
  Layer layer = linear_layer(1024, 1024);
  fill_rows(layer, Rows::kEven, 0.02, Precision::kFp32, random_);
  layer.relu = true;
  give_bias(layer, random_);
  const CudaRequest request{layer, 4, Precision::kFp32, kPlain, kPlain, device_};
  const LinearData data = draw_data(request, random_);
  const auto chain = [&](CudaRunner& runner) {
    DeviceBuffer a = on_device(data.x), b(a.bytes());
    for (int i = 0; i < 50; ++i) {
      runner.run(a.data(), nullptr, b.data(), nullptr);
      runner.run(b.data(), nullptr, a.data(), nullptr);
    }
    return on_host<float>(a);
  };
  for (const SpmvTiling& tiling : {SpmvTiling{512, 32, 4, 1024, device_.multiprocessors, 512},
                                   SpmvTiling{256, 8, 4, 512, device_.multiprocessors, 512}}) {
    const std::vector<float> apart = chain(*packed_spmv_runner(request, tiling, false));
    for (int i = 0; i < 20; ++i) {
      const std::vector<float> overlapping = chain(*packed_spmv_runner(request, tiling, true));
      ASSERT_EQ(std::memcmp(apart.data(), overlapping.data(), apart.size() * sizeof(float)), 0);
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
