#include "cuda_bench/layer_data.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "gtest/gtest.h"
#include "kernels/cuda/bf16.h"
#include "measure/bench_shape.h"
#include "measure/random_layer.h"

namespace coppice {
namespace {

using kernels::Layout;
using kernels::Order;
using kernels::Precision;

constexpr Layout kPlain = {Order::kPlain, 0}, kImagesLast = {Order::kImagesLast, 0},
                 kChannelsLast = {Order::kChannelsLast, 0};

TEST(LayerData, ActivationsAreLaidOutInThePrecisionsElements) {
  // Two images of two channels of 1x2.
  const std::vector<float> plain = {1, 2, 3, 4, 5, 6, 7, 8.0078125f};
  const auto floats = packed_activations(plain, {2, 2, 1, 2, kImagesLast}, Precision::kFp32);
  std::vector<float> got(8);
  ASSERT_EQ(floats.size(), 32u);
  std::memcpy(got.data(), floats.data(), 32);
  EXPECT_EQ(got, (std::vector<float>{1, 5, 2, 6, 3, 7, 4, 8.0078125f}));
  const auto halves = packed_activations(plain, {2, 2, 1, 2, kChannelsLast}, Precision::kBf16);
  std::vector<kernels::Bf16> bits(8);
  ASSERT_EQ(halves.size(), 16u);
  std::memcpy(bits.data(), halves.data(), 16);
  EXPECT_EQ(bits,
            (std::vector<kernels::Bf16>{0x3f80, 0x4040, 0x4000, 0x4080, 0x40a0, 0x40e0, 0x40c0, 0x4100}));
  EXPECT_EQ(as_stored({8.0078125f}, Precision::kBf16)[0], 8.0f);
  EXPECT_EQ(as_stored({8.0078125f}, Precision::kTf32)[0], 8.0078125f);
}

/// The layer as a kernel that makes no mistake would give it, from FP32 sums in another order than FP64's.
std::vector<unsigned char> honest(const kernels::Layer& layer, std::int64_t images, std::vector<float> x,
                                  Layout out, Precision precision) {
  kernels::Layer rounded = layer;
  rounded.weights.value = as_stored(rounded.weights.value, precision);
  x = as_stored(std::move(x), precision);
  x.resize(x.size() + kernels::kSlack);
  const auto output = layer.output(images, kPlain);
  std::vector<double> y(static_cast<std::size_t>(output.floats()));
  kernels::reference_layer(rounded, images, kPlain, kPlain, x.data(), nullptr, y.data());
  const std::vector<float> floats(y.begin(), y.end());
  return packed_activations(floats, layer.output(images, out), precision);
}

TEST(OutputCheck, AcceptsWhatIsRightAndNothingElse) {
  for (const auto& [shape, images] : {std::pair{linear_shape(70, 40), std::int64_t{11}},
                                      std::pair{conv_shape(5, 3, 4, 6, 3), std::int64_t{2}},
                                      std::pair{linear_shape(1, 9), std::int64_t{1}}}) {
    kernels::Layer layer = random_layer(shape, 0.4, 1);
    layer.relu = false;
    const std::vector<float> x = random_activations(shape, images);
    for (const Precision precision : {Precision::kFp32, Precision::kTf32, Precision::kBf16}) {
      const OutputCheck check(layer, images, x, precision);
      for (const Layout out : {kPlain, kImagesLast, kChannelsLast}) {
        auto y = honest(layer, images, x, out, precision);
        EXPECT_EQ(check.complaint(y, out, {}), "");
        EXPECT_EQ(check.complaint(y, out, {.sparse = false}), "");
        EXPECT_EQ(check.complaint(y, out, {.sparse = false, .library = true}), "");

        // The last row of the last image is looked at, and so is what was never written.
        const auto output = layer.output(images, out);
        const std::int64_t size = kernels::element_bytes(precision);
        const std::int64_t at =
            output.offset(images - 1, shape.outputs - 1, output.height - 1, output.width - 1) * size;
        auto broken = y;
        broken[static_cast<std::size_t>(at + size - 1)] ^= 0x80;  // the sign
        EXPECT_NE(check.complaint(broken, out, {}), "");
        broken = y;
        std::memset(broken.data() + at, 0xff, static_cast<std::size_t>(size));
        EXPECT_NE(check.complaint(broken, out, {}).find("nan"), std::string::npos);
      }
    }
  }
}

TEST(OutputCheck, AllowsRoundingAndNoMore) {
  // One row of 1 x 2 + 1 x 2 and no bias: 4; two products, so (2 + 2) 2^-23 x 4 = 1.9e-6 are allowed in FP32.
  kernels::Layer layer;
  layer.shape = linear_shape(1, 2);
  layer.weights = kernels::csr_from_dense(std::vector<float>{1, 1}.data(), 1, 2);
  const std::vector<float> x = {2, 2};
  const auto bytes = [](float value) {
    std::vector<unsigned char> y(4);
    std::memcpy(y.data(), &value, 4);
    return y;
  };
  const OutputCheck exact(layer, 1, x, Precision::kFp32);
  EXPECT_EQ(exact.complaint(bytes(4.0000014f), kPlain, {}), "");
  EXPECT_NE(exact.complaint(bytes(4.0000029f), kPlain, {}), "");
  const auto halves = [](float value) {
    const kernels::Bf16 half = kernels::to_bf16(value);
    std::vector<unsigned char> y(2);
    std::memcpy(y.data(), &half, 2);
    return y;
  };
  // With a bias of -3.96875 the sum is 0.03125. A library that rounds 4 to bf16 first may be off by 2^-8 of
  // it, and by as much of the bias: 0.0313 in all; ours rounds at the end alone.
  kernels::Layer cancelling = layer;
  cancelling.bias = {-3.96875f};
  const OutputCheck rounded(cancelling, 1, x, Precision::kBf16);
  EXPECT_EQ(rounded.complaint(halves(0.03125f), kPlain, {}), "");
  EXPECT_NE(rounded.complaint(halves(0.046875f), kPlain, {}), "");
  EXPECT_EQ(rounded.complaint(halves(0.046875f), kPlain, {.library = true}), "");
  EXPECT_NE(rounded.complaint(halves(0.0703125f), kPlain, {.library = true}), "");
  const OutputCheck coarse(layer, 1, x, Precision::kTf32);  // and 2^-9 x 4 = 0.0078 in TF32
  EXPECT_EQ(coarse.complaint(bytes(4.0077f), kPlain, {}), "");
  EXPECT_NE(coarse.complaint(bytes(4.0079f), kPlain, {}), "");
}

}  // namespace
}  // namespace coppice
