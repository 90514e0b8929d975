// What the compacted SpMM does with non-finite numbers, and what it refuses.
#include <limits>

#include "cuda/linear_cases.h"
#include "kernels/cuda/gather_fma/gather_fma.h"
#include "kernels/cuda/on_host/host_device.h"

namespace coppice::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr Layout kLast{Order::kImagesLast, 0}, kPlain;

/// Vectors that are half empty, images that fill up a tile, columns of other slices must not let it through.
TEST(GatherFmaLimits, NonFiniteInputsReachExactlyWhatReadsThem) {
  const CudaDevice device = host_device();
  std::mt19937 random(5);
  for (const std::int64_t images : {9, 12}) {
    Layer layer = linear_layer(25, 21);
    fill_rows(layer, Rows::kMixed, 0.2, Precision::kFp32, random);
    const CudaRequest request{layer, images, Precision::kFp32, kLast, kLast, device};
    const auto runner = gather_fma_runner(request, GatherTiling{1, 16, 1, 3, 5, 60, 2}, true);
    const LinearData finite = draw_data(request, random);
    const std::vector<float> weights = dense_from_csr(layer.weights);
    for (const float bad : {kNan, kInf, -kInf}) {
      for (std::int64_t at = 0; at < 21 * images; at += 2) {
        LinearData data = finite;
        data.x[static_cast<std::size_t>(at)] = bad;
        const std::vector<float> y = run_on(*runner, request, data);
        for (std::int64_t i = 0; i < std::ssize(y); ++i) {
          const std::int64_t row = i / images, image = i % images;
          const bool reads =
              image == at % images && weights[static_cast<std::size_t>(row * 21 + at / images)] != 0;
          ASSERT_EQ(std::isfinite(y[static_cast<std::size_t>(i)]), !reads)
              << "column " << at / images << " output " << i;
        }
      }
    }
  }
}

TEST(GatherFmaLimits, NonFiniteWeightsBiasAndResidual) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(6, 5);
  layer.weights.begin = {0, 1, 2, 3, 4, 5, 6};
  layer.weights.column = {0, 1, 2, 3, 4, 0};
  layer.weights.value = {kNan, kInf, -kInf, kInf, 1, 1};
  layer.bias = {0, 0, 0, 0, kNan, 0};
  layer.relu = true;
  layer.residual = true;
  const CudaRequest request{layer, 10, Precision::kFp32, kLast, kLast, device};
  LinearData data;
  data.x.assign(50, 1);
  for (std::size_t i = 30; i < 40; ++i) data.x[i] = 0;
  data.residual.assign(60, 0);
  for (std::size_t i = 50; i < 60; ++i) data.residual[i] = kNan;
  const std::vector<float> y =
      run_on(*gather_fma_runner(request, GatherTiling{1, 16, 1, 2, 4, 40}, false), request, data);
  for (std::size_t image = 0; image < 10; ++image) {
    EXPECT_TRUE(std::isnan(y[image])) << "a ReLU keeps NaN";
    EXPECT_EQ(y[10 + image], kInf);
    EXPECT_EQ(y[20 + image], 0) << "-inf under a ReLU";
    EXPECT_TRUE(std::isnan(y[30 + image])) << "inf times 0";
    EXPECT_TRUE(std::isnan(y[40 + image]));
    EXPECT_TRUE(std::isnan(y[50 + image]));
  }
}

TEST(GatherFmaLimits, RefusalsWithTheirReasons) {
  const auto candidate = gather_fma_candidate();
  EXPECT_EQ(candidate->name(), "gather-fma");
  EXPECT_TRUE(candidate->sparse());
  const CudaDevice device = host_device();
  Layer layer = linear_layer(4, 3, 2, 2);
  layer.weights.begin.assign(5, 0);
  const auto refusal = [&](const Layer& l, std::int64_t images, Layout in, Layout out, const CudaDevice& on,
                           Precision precision = Precision::kFp32) {
    return candidate->refusal({l, images, precision, in, out, on});
  };
  EXPECT_EQ(refusal(layer, 9, kLast, kLast, device), "");
  EXPECT_EQ(refusal(layer, 5000, kLast, kLast, device, Precision::kTf32), "");
  EXPECT_EQ(refusal(layer, 9, kLast, kLast, device, Precision::kBf16), "only for fp32 and tf32");
  EXPECT_EQ(refusal(layer, 8, kLast, kLast, device), "only for 9 images and more");
  EXPECT_EQ(refusal(layer, 9, kPlain, kLast, device), "the input must be images-last");
  EXPECT_EQ(refusal(layer, 9, kLast, kPlain, device), "the output must be images-last");
  EXPECT_EQ(refusal(layer, 9, {Order::kImagesLast, 1}, kLast, device), "the input must have no halo");
  EXPECT_EQ(refusal(linear_layer(0, 3), 9, kLast, kLast, device), "an empty layer");
  EXPECT_EQ(refusal(linear_layer(3, 0), 9, kLast, kLast, device), "an empty layer");
  Layer conv = layer;
  conv.shape.height = 5;
  EXPECT_EQ(refusal(conv, 9, kLast, kLast, device), "only for linear layers");
  CudaDevice old = device;
  old.major = 7, old.minor = 5;
  EXPECT_EQ(refusal(layer, 9, kLast, kLast, old), "needs compute capability 8.0");
  old.major = 8, old.minor = 0;
  EXPECT_EQ(refusal(layer, 9, kLast, kLast, old), "");
  for (const auto& runner : candidate->make({layer, 9, Precision::kFp32, kLast, kLast, old})) {
    EXPECT_EQ(runner->variant().find("overlapping"), std::string::npos) << "from sm_90 on";
  }
  CudaDevice tiny = device;
  tiny.shared_bytes_per_block = 1 << 10;
  EXPECT_EQ(refusal(layer, 9, kLast, kLast, tiny), "too little shared memory");
  Layer huge = layer;  // only its sizes are looked at
  huge.shape.outputs = std::int64_t{1} << 31;
  EXPECT_EQ(refusal(huge, 9, kLast, kLast, device), "2^31 rows or columns, or more");
  huge.shape.outputs = std::int64_t{1} << 20;
  EXPECT_EQ(refusal(huge, 1 << 21, kLast, kLast, device), "2^31 blocks of threads or more");
}

TEST(GatherFmaLimits, PointersAreChecked) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(4, 4);
  layer.weights.begin.assign(5, 0);
  DeviceBuffer x(400), y(400);
  const CudaRequest request{layer, 9, Precision::kFp32, kLast, kLast, device};
  const auto runner = gather_fma_candidate()->make(request);
  EXPECT_NO_THROW(runner.front()->run(x.data(), nullptr, y.data(), nullptr));
  EXPECT_THROW(runner.front()->run(nullptr, nullptr, y.data(), nullptr), std::invalid_argument);
  EXPECT_THROW(runner.front()->run(x.as<char>() + 4, nullptr, y.data(), nullptr), std::invalid_argument);
  EXPECT_THROW(runner.front()->run(x.data(), x.data(), y.data(), nullptr), std::invalid_argument);
}

TEST(GatherFmaLimits, TilingsThatCannotBe) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(4, 40);
  layer.weights.begin.assign(5, 0);
  const auto run = [&](const GatherTiling& tiling) {
    const CudaRequest request{layer, 9, Precision::kFp32, kLast, kLast, device};
    LinearData data;
    data.x.resize(360);
    run_on(*gather_fma_runner(request, tiling, false), request, data);
  };
  EXPECT_NO_THROW(run({2, 16, 4, 2, 40, 100}));
  EXPECT_THROW(run({0, 16, 4, 2, 40, 100}), std::invalid_argument);
  EXPECT_THROW(run({17, 16, 4, 2, 40, 1000}), std::invalid_argument) << "threads";
  EXPECT_THROW(run({2, 8, 4, 2, 40, 100}), std::invalid_argument) << "rows";
  EXPECT_THROW(run({2, 32, 4, 2, 40, 100}), std::invalid_argument) << "128 sums a lane";
  EXPECT_THROW(run({2, 16, 3, 2, 40, 100}), std::invalid_argument) << "images";
  EXPECT_THROW(run({2, 16, 4, 1, 40, 100}), std::invalid_argument) << "stages";
  EXPECT_THROW(run({2, 16, 4, 4, 40, 100}), std::invalid_argument);
  EXPECT_THROW(run({2, 16, 4, 2, 0, 100}), std::invalid_argument) << "columns";
  EXPECT_THROW(run({2, 16, 4, 2, 65, 100}), std::invalid_argument) << "more than lanes to name them";
  EXPECT_THROW(run({8, 16, 4, 2, 256, 1000}), std::invalid_argument) << "more than 8 bits count";
  EXPECT_NO_THROW(run({2, 16, 4, 2, 40, 100, 64})) << "though most have nothing to do";
  EXPECT_THROW(run({2, 16, 4, 2, 40, 100, 0}), std::invalid_argument) << "splits";
  EXPECT_THROW(run({2, 16, 4, 2, 40, 100, 65}), std::invalid_argument);
  EXPECT_EQ(gather_least_vectors({2, 16, 4, 2, 40, 0}), 1 + 2 + 32 + 2);
  EXPECT_NO_THROW(run({2, 16, 4, 2, 40, 37}));
  EXPECT_THROW(run({2, 16, 4, 2, 40, 36}), std::invalid_argument) << "a column with an entry in each row";
}

}  // namespace
}  // namespace coppice::kernels
