// scatter-mma on a device, against its definition in FP64. The suite SanitizedScatterMma is small enough for
// compute-sanitizer.
#include "kernels/cuda/scatter_mma/scatter_mma.h"

#include "cuda/linear_on_device.h"

namespace coppice::kernels {
namespace {

constexpr Layout kPlain{Order::kPlain, 0}, kLast{Order::kImagesLast, 0};

class ScatterMmaOnDevice : public LinearOnDevice {
 protected:
  ScatterMmaOnDevice() : LinearOnDevice(scatter_mma_candidate(), 80, 2) {}

  CudaRequest request_of(const Layer& layer, std::int64_t images, Layout in, Layout out) const {
    return {layer, images, Precision::kBf16, in, out, device_};
  }

  /// Small, so that such layers have several blocks of rows, slices and parts.
  ScatterTiling draw_tiling(const CudaRequest& request) {
    ScatterTiling tiling;
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
    return tiling;
  }

  void random_cases(int count) {
    for (int i = 0; i < count; ++i) {
      const Layer layer = draw_layer(400, 900, Precision::kBf16);
      const Layout in = up_to(2) ? kPlain : kLast, out = up_to(2) ? kPlain : kLast;
      const CudaRequest request = request_of(layer, 9 + up_to(56), in, out);
      if (i % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(check_variants(request));
        continue;
      }
      const LinearData data = data_of(request);
      const auto runner = scatter_mma_runner(request, draw_tiling(request), overlaps());
      ASSERT_NO_FATAL_FAILURE(check(request, *runner, data));
    }
  }
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
    const Layer layer = even_layer(c.rows, c.columns, c.density, Precision::kBf16);
    for (const Layout layout : {kPlain, kLast})
      ASSERT_NO_FATAL_FAILURE(check_variants(request_of(layer, c.images, layout, layout)));
  }
}

TEST_F(ScatterMmaOnDevice, OneFullRowAmongEmptyOnes) {
  const Layer layer = one_full_row(5000, 20000, 3000);
  for (const std::int64_t images : {9, 64})
    ASSERT_NO_FATAL_FAILURE(check_variants(request_of(layer, images, kPlain, kPlain)));
}

/// The last part of a block of rows is another one each time; sums are the same bits always.
TEST_F(ScatterMmaOnDevice, ManyPartsManyTimes) {
  const Layer layer = even_layer(300, 8000, 0.1, Precision::kBf16);
  const CudaRequest request = request_of(layer, 32, kPlain, kLast);
  const LinearData data = data_of(request);
  const ScatterTiling tiling{1, 4, 1, 4, 200, device_.multiprocessors, 2, 400};
  const auto runner = scatter_mma_runner(request, tiling, device_.capability() >= 90);
  for (int i = 0; i < 100; ++i) ASSERT_NO_FATAL_FAILURE(check(request, *runner, data));
}

/// Each leaves its parts' sums where those of the launch before are.
TEST_F(ScatterMmaOnDevice, AChainOfOverlappingLaunches) {
  if (device_.capability() < 90) GTEST_SKIP() << "launches overlap from sm_90 on";
  const Layer layer = even_layer(1024, 1024, 0.02, Precision::kBf16);
  const CudaRequest request = request_of(layer, 24, kPlain, kPlain);
  for (const ScatterTiling& tiling : {ScatterTiling{2, 4, 2, 4, 300, device_.multiprocessors, 1, 64},
                                      ScatterTiling{1, 4, 1, 3, 100, device_.multiprocessors, 2, 128}}) {
    check_chain(request, [&](bool overlap) { return scatter_mma_runner(request, tiling, overlap); });
  }
}

}  // namespace
}  // namespace coppice::kernels
