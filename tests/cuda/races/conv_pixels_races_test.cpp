// Barriers taken out of the convolution of few images: ThreadSanitizer finds that each is missing, whether or
// not the results are wrong. Among them is the one that keeps a block from being counted before all of its
// sums are there: on the host blocks run one after the other, so that nothing else can tell.
#include "cuda/conv_cases.h"
#include "cuda/conv_pixels_planted.h"
#include "kernels/cuda/conv_pixels/on_device.h"

namespace coppice::kernels {
namespace {

TEST(ConvPixelsRaces, EachBarrier) {
  std::mt19937 random(2);
  Layer layer = conv_layer({4, 6, 4, 4, 3, 3, 1, 1, 1});
  fill_rows(layer, Rows::kFull, 1, Precision::kFp32, random);
  const CudaDevice device = host_device();
  const CudaRequest request{layer, 1, Precision::kFp32, {}, {}, device};
  const LinearData data = draw_conv_data(request, random);
  for (const int splits : {1, 2}) {
    const ConvPixelsTiling tiling{4, 4, 2, 2, 1, 2, splits};
    const ConvPixelsOnDevice on_device(
        request, pack_conv_pixels(layer.shape, layer.weights, Precision::kFp32, tiling));
    const auto run = [&] {
      result_of(request, data, [&](const void* x, const void* residual, void* y) {
        const ConvPixelsLaunch with = on_device.launch(false, nullptr);
        LaunchShape shape;
        shape.grid = dim3(static_cast<unsigned>(with.tiles), static_cast<unsigned>(splits),
                          static_cast<unsigned>(with.row_blocks));
        shape.block = dim3(64);
        shape.shared_bytes = with.shared_bytes;
        launch(shape, conv_pixels_planted::coppice::kernels::conv_pixels_kernel<float, 1>,
               on_device.problem(x, residual, y));
      });
    };
    conv_pixels_planted::barrier_lines.clear();
    run();
    const std::set<unsigned> lines = conv_pixels_planted::barrier_lines.all();
    EXPECT_EQ(lines.size(), splits > 1 ? 5u : 2u);
    for (const unsigned line : lines) {
      conv_pixels_planted::faults.barrier_line = line;
      EXPECT_DEATH(run(), "ThreadSanitizer: data race") << "line " << line;
      conv_pixels_planted::faults = {};
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
