// The common epilogue: sums in shared memory become rows of the output.
#include "kernels/cuda/row_plan/store_rows.cuh"

#include "cuda/linear_cases.h"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels {
namespace {

/// What the sum of slot s and image n is.
__device__ float sum_of(std::uint32_t slot, std::uint32_t image) {
  return static_cast<float>(slot) * 0.25f - static_cast<float>(image % 7) - 3;
}

/// One tile of images for each block in y.
template <class Element>
__global__ void tile_kernel(RowOutput out, std::uint32_t pitch, std::uint32_t tile) {
  const std::uint32_t first = blockIdx.y * tile, left = out.images - first,
                      columns = left < tile ? left : tile;
  float* const sums = reinterpret_cast<float*>(shared_memory());
  for (std::uint32_t i = threadIdx.x; i < out.block_slots * pitch; i += blockDim.x) {
    sums[i] = sum_of(blockIdx.x * out.block_slots + i / pitch, first + i % pitch);
  }
  __syncthreads();
  store_rows<Element>(out, blockIdx.x, sums, pitch, first, columns);
}

struct Case {
  std::int64_t rows, images;
  std::uint32_t tile;
  Order order;
  Precision precision;
  bool bias, residual, relu;
};

void check(const Case& c) {
  std::mt19937 random(static_cast<unsigned>(c.rows * 100 + c.images));
  Layer layer = linear_layer(c.rows, 90);
  fill_rows(layer, Rows::kPower, 0.1, c.precision, random);
  if (c.bias) give_bias(layer, random);
  layer.relu = c.relu;
  layer.residual = c.residual;
  const CudaDevice device = host_device();
  const CudaRequest request{layer, c.images, c.precision, {}, {c.order, 0}, device};
  const LinearData data = draw_data(request, random);
  const RowPlan plan = plan_rows(layer.weights, 4, 2, RowOrder::kBalanced);
  const RowsOnDevice planned(request, plan);
  const RowsOnDevice copy(planned);
  const LinearResult result = result_of(request, data, [&](const void*, const void* residual, void* y) {
    const std::uint32_t pitch = (c.tile + 7) / 8 * 8 + 4;
    LaunchShape shape;
    shape.grid =
        dim3(static_cast<unsigned>(plan.blocks), static_cast<unsigned>((c.images + c.tile - 1) / c.tile));
    shape.block = dim3(64);
    shape.shared_bytes = std::int64_t{4} * plan.block_slots() * pitch;
    const RowOutput out = copy.output(c.residual ? residual : nullptr, y);
    if (c.precision == Precision::kBf16) {
      launch(shape, tile_kernel<std::uint16_t>, out, pitch, c.tile);
    } else {
      launch(shape, tile_kernel<float>, out, pitch, c.tile);
    }
  });
  ASSERT_FALSE(result.beyond);
  const Activations y = layer.output(c.images, request.out);
  const auto slots = static_cast<std::uint32_t>(plan.block_slots());
  for (std::int64_t block = 0; block < plan.blocks; ++block) {
    const auto b = static_cast<std::size_t>(block);
    for (std::uint32_t r = plan.rows_from[b]; r < plan.rows_from[b + 1]; ++r) {
      const PlannedRow row = plan.rows[r];
      for (std::int64_t image = 0; image < c.images; ++image) {
        double want = 0;  // exact: multiples of 1/4
        for (std::uint32_t s = row.first; s < row.last; ++s) {
          const auto slot = static_cast<std::uint32_t>(block) * slots + plan.row_slots[b * slots + s];
          want += sum_of(slot, static_cast<std::uint32_t>(image));
        }
        const auto at = static_cast<std::size_t>(y.offset(image, row.row, 0, 0));
        if (c.bias) want += layer.bias[row.row];
        if (c.residual) want += data.residual[at];
        if (c.relu) want = std::max(want, 0.0);
        const double allowed = std::abs(want) * (c.precision == Precision::kBf16 ? 0x1p-8 : 0x1p-22) + 1e-6;
        ASSERT_NEAR(result.y[at], want, allowed) << "row " << row.row << ", image " << image;
      }
    }
  }
}

TEST(StoreRows, EveryLayoutPrecisionAndTail) {
  int cases = 0;
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    for (const Order order : {Order::kPlain, Order::kImagesLast}) {
      for (const auto& [images, tile] :
           {std::pair<std::int64_t, std::uint32_t>{1, 16}, {9, 16}, {16, 16}, {20, 16}, {40, 16}, {33, 32}}) {
        for (const std::int64_t rows : {1, 7, 30}) {
          const bool odd = cases++ % 2;
          for (const bool added : {false, true})
            ASSERT_NO_FATAL_FAILURE(check({rows, images, tile, order, precision, added, added != odd, !odd}));
        }
      }
    }
  }
  EXPECT_EQ(cases, 72);
}

TEST(StoreRows, NanStaysNan) {
  Layer layer = linear_layer(1, 1);
  std::mt19937 random(1);
  fill_rows(layer, Rows::kFull, 1, Precision::kBf16, random);
  layer.relu = true;
  layer.bias = {std::numeric_limits<float>::quiet_NaN()};
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    const CudaDevice device = host_device();
    const CudaRequest request{layer, 8, precision, {}, {Order::kImagesLast, 0}, device};
    const RowPlan plan = plan_rows(layer.weights, 4, 2, RowOrder::kBalanced);
    const RowsOnDevice planned(request, plan);
    const LinearResult result = result_of(request, draw_data(request, random), [&](auto*, auto*, void* y) {
      LaunchShape shape;
      shape.grid = dim3(1), shape.block = dim3(32), shape.shared_bytes = 8 * 20 * 4;
      const auto kernel = precision == Precision::kBf16 ? tile_kernel<std::uint16_t> : tile_kernel<float>;
      launch(shape, kernel, planned.output(nullptr, y), 20, 8);
    });
    for (const float value : result.y) EXPECT_TRUE(std::isnan(value));
  }
}

}  // namespace
}  // namespace coppice::kernels
