// The panel SpMM on a device, against its definition in FP64. The suite SanitizedPanelMma is small enough for
// compute-sanitizer.
#include "kernels/cuda/panel_mma/panel_mma.h"

#include "cuda/linear_on_device.h"

namespace coppice::kernels {
namespace {

constexpr Layout kLast{Order::kImagesLast, 0};

class PanelMmaOnDevice : public LinearOnDevice {
 protected:
  PanelMmaOnDevice() : LinearOnDevice(panel_mma_candidate(), 80, 2) {}

  CudaRequest request_of(const Layer& layer, std::int64_t images) const {
    return {layer, images, Precision::kBf16, kLast, kLast, device_};
  }

  void random_cases(int count) {
    for (int i = 0; i < count; ++i) {
      const Layer layer = draw_layer(300, 700, Precision::kBf16);
      const CudaRequest request = request_of(layer, up_to(2) ? 8 * (2 + up_to(30)) : 9 + up_to(200));
      if (i % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(check_variants(request));
        continue;
      }
      PanelTiling tiling;  // small, so that such layers cross blocks of rows, slices and parts
      const int columns[] = {16, 64, 128};
      tiling.columns = columns[up_to(3)];
      tiling.warps = 1 + static_cast<int>(up_to(8));
      tiling.slice_columns = 8 * static_cast<int>(1 + up_to(12));
      tiling.parts = 1 + static_cast<int>(up_to(4));
      const LinearData data = data_of(request);
      ASSERT_NO_FATAL_FAILURE(check(request, *panel_mma_runner(request, tiling, overlaps()), data));
    }
  }
};
using SanitizedPanelMma = PanelMmaOnDevice;

TEST_F(SanitizedPanelMma, SmallLayers) { random_cases(12); }

TEST_F(PanelMmaOnDevice, RandomLayersAndTilings) { random_cases(200); }

TEST_F(PanelMmaOnDevice, LargeLayers) {
  struct Case {
    std::int64_t rows, columns, images;
    double density;
  };
  for (const Case& c : {Case{2048, 2048, 256, 0.02}, Case{4096, 4096, 64, 0.05}, Case{1000, 11008, 131, 0.02},
                        Case{100003, 65, 24, 0.2}, Case{10, 100007, 72, 0.1}}) {
    const Layer layer = even_layer(c.rows, c.columns, c.density, Precision::kBf16);
    ASSERT_NO_FATAL_FAILURE(check_variants(request_of(layer, c.images)));
  }
}

TEST_F(PanelMmaOnDevice, OneFullRowAmongEmptyOnes) {
  const Layer layer = one_full_row(3000, 9000, 2000);
  ASSERT_NO_FATAL_FAILURE(check_variants(request_of(layer, 100)));
}

/// Blocks of rows in parts share their sums' memory over launches.
TEST_F(PanelMmaOnDevice, AChainOfOverlappingLaunches) {
  if (device_.capability() < 90) GTEST_SKIP() << "launches overlap from sm_90 on";
  const Layer layer = even_layer(1024, 1024, 0.02, Precision::kBf16);
  const CudaRequest request = request_of(layer, 64);
  for (const PanelTiling& tiling :
       {PanelTiling{16, 64, 256, 1}, PanelTiling{8, 64, 128, 4}, PanelTiling{4, 16, 64, 3}}) {
    check_chain(request, [&](bool overlap) { return panel_mma_runner(request, tiling, overlap); });
  }
}

}  // namespace
}  // namespace coppice::kernels
