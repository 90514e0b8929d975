// The compacted SpMM on a device, against its definition in FP64. The suite SanitizedGatherFma is small
// enough for compute-sanitizer.
#include "kernels/cuda/gather_fma/gather_fma.h"

#include "cuda/linear_on_device.h"

namespace coppice::kernels {
namespace {

constexpr Layout kLast{Order::kImagesLast, 0};

class GatherFmaOnDevice : public LinearOnDevice {
 protected:
  GatherFmaOnDevice() : LinearOnDevice(gather_fma_candidate(), 80) {}

  CudaRequest request_of(const Layer& layer, std::int64_t images) const {
    return {layer, images, Precision::kFp32, kLast, kLast, device_};
  }

  /// Blocks and slices so small that such layers cross several.
  GatherTiling draw_tiling() {
    GatherTiling tiling;
    tiling.warps = static_cast<int>(1 + up_to(16));
    do {
      tiling.warp_rows = 4 << up_to(4);
      tiling.lane_images = 1 << up_to(3);
    } while (!gather_kernel_exists(tiling.warp_rows, tiling.lane_images));
    tiling.stages = static_cast<int>(2 + up_to(2));
    tiling.slice_columns = static_cast<int>(1 + up_to(32));
    tiling.slice_vectors = gather_least_vectors(tiling) + static_cast<int>(up_to(500));
    tiling.splits = static_cast<int>(up_to(2) ? 1 : 2 + up_to(8));
    return tiling;
  }

  void random_cases(int count) {
    for (int i = 0; i < count; ++i) {
      const Layer layer = draw_layer(300, 400, Precision::kFp32);
      const CudaRequest request = request_of(layer, 9 + up_to(300));
      if (i % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(check_variants(request));
        continue;
      }
      const LinearData data = data_of(request);
      ASSERT_NO_FATAL_FAILURE(check(request, *gather_fma_runner(request, draw_tiling(), overlaps()), data));
    }
  }
};
using SanitizedGatherFma = GatherFmaOnDevice;

TEST_F(SanitizedGatherFma, SmallLayers) { random_cases(12); }

TEST_F(GatherFmaOnDevice, RandomLayersAndTilings) { random_cases(300); }

TEST_F(GatherFmaOnDevice, LargeLayers) {
  struct Case {
    std::int64_t rows, columns, images;
    double density;
  };
  for (const Case& c : {Case{4096, 4096, 64, 0.1}, Case{4096, 4096, 512, 0.05}, Case{8192, 8192, 130, 0.02},
                        Case{512, 4608, 1023, 0.1}, Case{10, 100003, 9, 0.3}, Case{100003, 65, 33, 0.2}}) {
    const Layer layer = even_layer(c.rows, c.columns, c.density, Precision::kFp32);
    ASSERT_NO_FATAL_FAILURE(check_variants(request_of(layer, c.images)));
  }
}

TEST_F(GatherFmaOnDevice, OneFullRowAmongEmptyOnes) {
  const Layer layer = one_full_row(5000, 20000, 3000);
  ASSERT_NO_FATAL_FAILURE(check_variants(request_of(layer, 100)));
}

TEST_F(GatherFmaOnDevice, AChainOfOverlappingLaunches) {
  if (device_.capability() < 90) GTEST_SKIP() << "launches overlap from sm_90 on";
  const Layer layer = even_layer(1024, 1024, 0.02, Precision::kFp32);
  const CudaRequest request = request_of(layer, 64);
  for (const GatherTiling& tiling :
       {GatherTiling{8, 16, 2, 2, 64, 600}, GatherTiling{4, 4, 1, 2, 32, 100, 4}}) {
    check_chain(request, [&](bool overlap) { return gather_fma_runner(request, tiling, overlap); });
  }
}

}  // namespace
}  // namespace coppice::kernels
