#include "kernels/cuda/libraries/product.h"

#include <random>

#include <gtest/gtest.h>

#include "kernels/cuda/libraries/weights.h"

namespace coppice::kernels {
namespace {

struct Case {
  Layer layer;
  CudaDevice device;
  std::int64_t images = 1;
  Order in = Order::kPlain, out = Order::kPlain;
  Precision precision = Precision::kFp32;

  CudaRequest request() const { return {layer, images, precision, {in, 0}, {out, 0}, device}; }
};

Case random_case(std::mt19937& random) {
  Case c;
  LayerShape& s = c.layer.shape;
  s.outputs = 1 + random() % 5;
  s.channels = 1 + random() % 4;
  s.height = 1 + random() % 3;
  s.width = 1 + random() % 3;
  if (random() % 2) {  // linear, else a 1x1 convolution
    s.kernel_height = s.height;
    s.kernel_width = s.width;
  }
  c.images = 1 + random() % 4;
  const Order orders[] = {Order::kPlain, Order::kChannelsLast, Order::kImagesLast};
  c.in = orders[random() % 3];
  c.out = orders[random() % 3];
  return c;
}

/// The product that a request is said to be gives what the layer is defined to give.
TEST(Product, IsTheLayer) {
  std::mt19937 random(3);
  int served = 0;
  for (int round = 0; round < 400; ++round) {
    Case c = random_case(random);
    std::vector<float> weights(static_cast<std::size_t>(c.layer.shape.outputs * c.layer.shape.columns()));
    for (float& w : weights) w = static_cast<float>(random() % 7) - 3;
    c.layer.weights = csr_from_dense(weights.data(), c.layer.shape.outputs, c.layer.shape.columns());
    Product p;
    if (!as_product(c.request(), &p).empty()) continue;
    ++served;
    const Activations in = c.layer.input(c.images, {c.in, 0}), out = c.layer.output(c.images, {c.out, 0});
    ASSERT_EQ(p.inner * p.columns, in.floats());
    ASSERT_EQ(p.rows * p.columns, out.floats());
    std::vector<float> x(static_cast<std::size_t>(in.floats()));
    for (float& value : x) value = static_cast<float>(random() % 9) - 4;
    std::vector<double> expected(static_cast<std::size_t>(out.floats())), got(expected.size());
    reference_layer(c.layer, c.images, {c.in, 0}, {c.out, 0}, x.data(), nullptr, expected.data());
    for (std::int64_t m = 0; m < p.rows; ++m) {
      for (std::int64_t n = 0; n < p.columns; ++n) {
        double sum = 0;
        for (std::int64_t k = 0; k < p.inner; ++k) {
          sum += static_cast<double>(weights[m * p.inner + k]) *
                 x[p.x_by_row ? k * p.columns + n : n * p.inner + k];
        }
        got[p.y_by_row ? m * p.columns + n : n * p.rows + m] = sum;
      }
    }
    ASSERT_EQ(got, expected) << "round " << round;
  }
  EXPECT_GT(served, 150);
}

TEST(Product, RefusesWithAReason) {
  Case c;
  c.layer.shape = {
      .outputs = 8, .channels = 4, .height = 5, .width = 5, .kernel_height = 3, .kernel_width = 3};
  EXPECT_EQ(as_product(c.request(), nullptr), "a convolution, no product of matrices");
  c.layer.shape.kernel_height = c.layer.shape.kernel_width = 1;
  c.images = 2;
  EXPECT_EQ(as_product(c.request(), nullptr),
            "a 1x1 convolution in an order in which its pixels are not the columns of one matrix");
  c.in = c.out = Order::kChannelsLast;
  EXPECT_EQ(as_product(c.request(), nullptr), "");
  c.layer.shape.stride = 2;
  EXPECT_EQ(as_product(c.request(), nullptr), "a convolution, no product of matrices");
  c.layer.shape.stride = 1;
  c.in = Order::kLanes;
  EXPECT_EQ(as_product(c.request(), nullptr), "activations with a halo or in lanes");
  c.in = Order::kChannelsLast;
  c.layer.shape.kernel_height = c.layer.shape.kernel_width = 5;
  EXPECT_EQ(as_product(c.request(), nullptr),
            "a linear layer on images in channels-last order: their features lie in another order");
  c.in = Order::kPlain;
  EXPECT_EQ(as_product(c.request(), nullptr), "");
  c.images = 0;
  EXPECT_EQ(as_product(c.request(), nullptr), "an empty layer or batch");
}

TEST(Product, PrecisionsNeedTheirHardware) {
  Case c;
  for (const int capability : {75, 80, 90}) {
    c.device.major = capability / 10;
    c.device.minor = capability % 10;
    for (const Precision precision : {Precision::kFp32, Precision::kTf32, Precision::kBf16}) {
      c.precision = precision;
      EXPECT_EQ(precision_refusal(c.request()).empty(), capability >= 80 || precision == Precision::kFp32);
    }
  }
  c.device.major = 7;
  c.device.minor = 5;
  EXPECT_EQ(precision_refusal(c.request()), "bf16 needs compute capability 8.0; this device has 7.5");
}

TEST(Weights, GoFromPyTorchsOrderToChannelsLast) {
  // One output, two channels, a window of 1x3.
  const LayerShape shape = {
      .outputs = 2, .channels = 2, .height = 4, .width = 4, .kernel_height = 1, .kernel_width = 3};
  EXPECT_EQ(with_channels_last({1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60}, shape),
            (std::vector<float>{1, 4, 2, 5, 3, 6, 10, 40, 20, 50, 30, 60}));
}

}  // namespace
}  // namespace coppice::kernels
