// What the packed SpMV does with non-finite numbers, and what it refuses.
#include <limits>

#include "cuda/linear_cases.h"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/packed_spmv/packed_spmv.h"

namespace coppice::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

/// Padding of groups, idle lanes, blocks of columns and images that fill up must not let it through.
TEST(PackedSpmvLimits, NonFiniteInputsReachExactlyWhatReadsThem) {
  const CudaDevice device = host_device();
  std::mt19937 random(5);
  for (const Precision precision : {Precision::kBf16, Precision::kFp32}) {
    for (const std::int64_t images : {1, 3, 5}) {
      Layer layer = linear_layer(25, 41);
      fill_rows(layer, Rows::kMixed, 0.2, precision, random);
      const CudaRequest request{layer, images, precision, {}, {}, device};
      const auto runner = packed_spmv_runner(request, SpmvTiling{32, 8, 4, 16, 2, 50}, true);
      const LinearData finite = draw_data(request, random);
      for (const float bad : {kNan, kInf, -kInf}) {
        for (std::int64_t at = 0; at < 41 * images; at += 2) {
          LinearData data = finite;
          data.x[static_cast<std::size_t>(at)] = bad;
          const std::vector<float> y = run_on(*runner, request, data);
          const std::vector<float> weights = dense_from_csr(layer.weights);
          for (std::int64_t i = 0; i < std::ssize(y); ++i) {
            const std::int64_t row = i % 25, image = i / 25;
            const bool reads = image == at / 41 && weights[static_cast<std::size_t>(row * 41 + at % 41)] != 0;
            ASSERT_EQ(std::isfinite(y[static_cast<std::size_t>(i)]), !reads)
                << precision_name(precision) << " column " << at << " output " << i;
          }
        }
      }
    }
  }
}

TEST(PackedSpmvLimits, NonFiniteWeightsBiasAndResidual) {
  const CudaDevice device = host_device();
  for (const Precision precision : {Precision::kBf16, Precision::kFp32}) {
    Layer layer = linear_layer(6, 5);
    layer.weights.begin = {0, 1, 2, 3, 4, 5, 6};
    layer.weights.column = {0, 1, 2, 3, 4, 0};
    // The NaN whose upper half alone would be an infinity.
    layer.weights.value = {std::bit_cast<float>(0x7f800001u), kInf, -kInf, kInf, 1, 1};
    layer.bias = {0, 0, 0, 0, kNan, 0};
    layer.relu = true;
    layer.residual = true;
    const CudaRequest request{layer, 1, precision, {}, {}, device};
    LinearData data;
    data.x = {1, 1, 1, 0, 1};
    data.residual = {0, 0, 0, 0, 0, kNan};
    const std::vector<float> y =
        run_on(*packed_spmv_runner(request, SpmvTiling{32, 4, 4, 4, 1, 9}, false), request, data);
    EXPECT_TRUE(std::isnan(y[0])) << "a ReLU keeps NaN";
    EXPECT_EQ(y[1], kInf);
    EXPECT_EQ(y[2], 0) << "-inf under a ReLU";
    EXPECT_TRUE(std::isnan(y[3])) << "inf times 0";
    EXPECT_TRUE(std::isnan(y[4]));
    EXPECT_TRUE(std::isnan(y[5]));
  }
}

TEST(PackedSpmvLimits, Bf16OutputsAreRoundedToNearestEven) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(6, 1);
  layer.weights.begin.assign(7, 0);
  // 2^-7 apart: below, at and above a tie to even, a tie to odd's neighbour, past the largest, -tie.
  layer.bias = {1 + 0.4f / 128, 1 + 0.5f / 128, 1 + 0.51f / 128, 1 + 1.5f / 128, 3.4e38f, -1 - 0.5f / 128};
  const CudaRequest request{layer, 1, Precision::kBf16, {}, {}, device};
  LinearData data;
  data.x = {1};
  const std::vector<float> y =
      run_on(*packed_spmv_runner(request, SpmvTiling{32, 4, 4, 2, 1, 9}, false), request, data);
  EXPECT_EQ(y, (std::vector<float>{1, 1, 1 + 1.0f / 128, 1 + 2.0f / 128, kInf, -1}));
}

TEST(PackedSpmvLimits, RefusalsWithTheirReasons) {
  const auto candidate = packed_spmv_candidate();
  EXPECT_EQ(candidate->name(), "packed-spmv");
  EXPECT_TRUE(candidate->sparse());
  const CudaDevice device = host_device();
  Layer layer = linear_layer(4, 3, 2, 2);
  layer.weights.begin.assign(5, 0);
  const auto refusal = [&](const Layer& l, std::int64_t images, Layout in, Layout out, const CudaDevice& on) {
    return candidate->refusal({l, images, Precision::kBf16, in, out, on});
  };
  const Layout plain, last{Order::kImagesLast, 0}, channels{Order::kChannelsLast, 0}, halo{Order::kPlain, 1},
      lanes{Order::kLanes, 0};
  EXPECT_EQ(refusal(layer, 1, plain, plain, device), "");
  EXPECT_EQ(refusal(layer, 8, last, last, device), "");
  EXPECT_EQ(refusal(layer, 1, plain, channels, device), "") << "an output of one cell lies the same";
  EXPECT_EQ(refusal(linear_layer(4, 12), 1, channels, plain, device), "");
  EXPECT_EQ(refusal(layer, 1, channels, plain, device), "the input must not be channels-last");
  EXPECT_EQ(refusal(layer, 1, lanes, plain, device), "the input must not be lanes");
  EXPECT_EQ(refusal(layer, 1, plain, lanes, device), "the output must not be lanes");
  EXPECT_EQ(refusal(layer, 1, halo, plain, device), "the input must have no halo");
  EXPECT_EQ(refusal(layer, 1, plain, halo, device), "the output must have no halo");
  EXPECT_EQ(refusal(layer, 9, plain, plain, device), "only for 1 to 8 images");
  EXPECT_EQ(refusal(layer, 0, plain, plain, device), "only for 1 to 8 images");
  EXPECT_EQ(refusal(linear_layer(0, 3), 1, plain, plain, device), "an empty layer");
  EXPECT_EQ(refusal(linear_layer(3, 0), 1, plain, plain, device), "an empty layer");
  Layer conv = layer;
  conv.shape.height = 5;
  EXPECT_EQ(refusal(conv, 1, plain, plain, device), "only for linear layers");
  CudaDevice old = device;
  old.major = 7, old.minor = 0;
  EXPECT_EQ(refusal(layer, 1, plain, plain, old), "needs compute capability 7.5");
  old.minor = 5;
  EXPECT_EQ(refusal(layer, 1, plain, plain, old), "");
  for (const auto& runner : candidate->make({layer, 1, Precision::kBf16, plain, plain, old})) {
    EXPECT_EQ(runner->variant().find("overlapping"), std::string::npos) << "from sm_90 on";
  }
  CudaDevice tiny = device;
  tiny.shared_bytes_per_block = 16 << 10;
  EXPECT_EQ(refusal(layer, 1, plain, plain, tiny), "too little shared memory");
  Layer huge = layer;  // only its sizes are looked at
  huge.shape.outputs = std::int64_t{1} << 31;
  EXPECT_EQ(refusal(huge, 1, plain, plain, device), "2^31 rows or columns, or more");
}

TEST(PackedSpmvLimits, PointersAreChecked) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(4, 40);
  layer.weights.begin.assign(5, 0);
  DeviceBuffer x(80), y(16), residual(16);
  const auto message = [&](const Layer& l, const void* in, const void* added, void* out) -> std::string {
    const CudaRequest request{l, 1, Precision::kBf16, {}, {}, device};
    try {
      packed_spmv_candidate()->make(request).front()->run(in, added, out, nullptr);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(layer, x.data(), nullptr, y.data()), "");
  EXPECT_EQ(message(layer, nullptr, nullptr, y.data()), "packed-spmv: the input is null");
  EXPECT_EQ(message(layer, x.data(), nullptr, nullptr), "packed-spmv: the output is null");
  EXPECT_EQ(message(layer, x.as<char>() + 2, nullptr, y.data()),
            "packed-spmv: the input is not 16-byte aligned");
  EXPECT_EQ(message(layer, x.data(), nullptr, y.as<char>() + 8),
            "packed-spmv: the output is not 16-byte aligned");
  EXPECT_EQ(message(layer, x.data(), residual.data(), y.data()), "packed-spmv: the layer has no residual");
  layer.residual = true;
  EXPECT_EQ(message(layer, x.data(), nullptr, y.data()), "packed-spmv: the residual is null");
  EXPECT_EQ(message(layer, x.data(), residual.as<char>() + 4, y.data()),
            "packed-spmv: the residual is not 16-byte aligned");
}

TEST(PackedSpmvLimits, TilingsThatCannotBe) {
  const CudaDevice device = host_device();
  Layer layer = linear_layer(4, 40);
  layer.weights.begin.assign(5, 0);
  const auto run = [&](std::int64_t images, Precision precision, const SpmvTiling& tiling) {
    const CudaRequest request{layer, images, precision, {}, {}, device};
    LinearData data;
    data.x.resize(static_cast<std::size_t>(40 * images));
    run_on(*packed_spmv_runner(request, tiling, false), request, data);
  };
  EXPECT_NO_THROW(run(8, Precision::kBf16, {512, 8, 8, 40, 1, 9}));
  EXPECT_THROW(run(8, Precision::kBf16, {512, 4, 8, 40, 1, 9}), std::invalid_argument) << "8 images, 4 lanes";
  EXPECT_THROW(run(1, Precision::kBf16, {1024, 8, 8, 40, 1, 9}), std::invalid_argument) << "registers";
  EXPECT_THROW(run(1, Precision::kBf16, {64, 8, 5, 40, 1, 9}), std::invalid_argument);
  EXPECT_THROW(run(1, Precision::kFp32, {64, 8, 8, 40, 1, 9}), std::invalid_argument);
  EXPECT_NO_THROW(run(1, Precision::kFp32, {64, 8, 4, 40, 1, 9}));
}

}  // namespace
}  // namespace coppice::kernels
