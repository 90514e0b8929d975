#include <random>

#include "cuda/im2col_cases.h"
#include "kernels/cuda/libraries/cusparse_im2col.h"

namespace coppice::kernels {
namespace {

/// The product that a convolution is said to be, on the matrix that im2col() is said to make, is the layer.
TEST(Im2colProduct, IsTheConvolution) {
  std::mt19937 random(4);
  const CudaDevice device;
  int served = 0, by_column = 0, one_image = 0;
  for (int round = 0; round < 300; ++round) {
    Layer layer = conv_layer(draw_conv_shape(random));
    layer.shape.outputs = layer.weights.rows = 1 + static_cast<std::int64_t>(random() % 4);
    layer.shape.channels = 1 + static_cast<std::int64_t>(random() % 3);
    layer.weights.columns = layer.shape.columns();
    if (layer.shape.linear()) continue;
    fill_rows(layer, Rows::kEven, 0.6, Precision::kFp32, random);
    const auto images = 1 + static_cast<std::int64_t>(random() % 3);
    constexpr Order kOrders[] = {Order::kPlain, Order::kChannelsLast, Order::kImagesLast};
    const Layout in = {kOrders[random() % 3], static_cast<std::int64_t>(random() % 2)};
    const Layout out = {kOrders[random() % 3], 0};
    const CudaRequest request = {layer, images, Precision::kFp32, in, out, device};
    Product p;
    if (!as_im2col_product(request, &p).empty()) continue;
    ++served;
    by_column += !p.y_by_row;
    one_image += images == 1;
    const LinearData data = draw_conv_data(request, random);
    const std::vector<std::int64_t> from = im2col_cases::sources(layer.shape, images, in);
    ASSERT_EQ(p.inner * p.columns, static_cast<std::int64_t>(from.size()));
    ASSERT_TRUE(p.x_by_row);
    const std::vector<float> w = dense_from_csr(layer.weights);
    for (std::int64_t m = 0; m < p.rows; ++m) {
      for (std::int64_t n = 0; n < p.columns; ++n) {
        double sum = 0;
        for (std::int64_t k = 0; k < p.inner; ++k) {
          const std::int64_t source = from[static_cast<std::size_t>(k * p.columns + n)];
          if (source > 0)
            sum += double{w[static_cast<std::size_t>(m * p.inner + k)]} *
                   data.x[static_cast<std::size_t>(source - 1)];
        }
        const auto at = static_cast<std::size_t>(p.y_by_row ? m * p.columns + n : n * p.rows + m);
        ASSERT_NEAR(sum, data.want[at], 1e-12) << conv_text(request);
      }
    }
  }
  EXPECT_GT(served, 60);
  EXPECT_GT(by_column, 10);
  EXPECT_GT(one_image, 10);
}

}  // namespace
}  // namespace coppice::kernels
