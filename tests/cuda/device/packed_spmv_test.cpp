// The packed SpMV on a device, against its definition in FP64. The suite SanitizedSpmv is small enough for
// compute-sanitizer.
#include "kernels/cuda/packed_spmv/packed_spmv.h"

#include "cuda/linear_on_device.h"

namespace coppice::kernels {
namespace {

constexpr Layout kPlain{Order::kPlain, 0}, kLast{Order::kImagesLast, 0};

class SpmvOnDevice : public LinearOnDevice {
 protected:
  SpmvOnDevice() : LinearOnDevice(packed_spmv_candidate(), 75) {}

  void random_cases(int count) {
    for (int i = 0; i < count; ++i) {
      const Precision precision = i % 2 ? Precision::kBf16 : Precision::kFp32;
      const Layer layer = draw_layer(200, 500, precision);
      const CudaRequest request{
          layer, 1 + up_to(8), precision, up_to(2) ? kPlain : kLast, up_to(2) ? kPlain : kLast, device_};
      if (i % 4 == 0) {
        ASSERT_NO_FATAL_FAILURE(check_variants(request));
        continue;
      }
      SpmvTiling tiling;  // small, so that such layers cross blocks of columns and ranges
      tiling.lanes = 8 << up_to(3);
      tiling.threads = 32 * static_cast<int>(1 + up_to(8));
      tiling.loads = precision == Precision::kBf16 && up_to(2) ? 8 : 4;
      tiling.block_columns = 2 * (1 + up_to(200));
      tiling.ranges = 1 + up_to(20);
      tiling.most_sums = 260 + up_to(500);
      const LinearData data = data_of(request);
      ASSERT_NO_FATAL_FAILURE(check(request, *packed_spmv_runner(request, tiling, overlaps()), data));
    }
  }
};
using SanitizedSpmv = SpmvOnDevice;

TEST_F(SanitizedSpmv, SmallLayers) { random_cases(12); }

TEST_F(SpmvOnDevice, RandomLayersAndTilings) { random_cases(400); }

TEST_F(SpmvOnDevice, LargeLayers) {
  struct Case {
    std::int64_t rows, columns, images;
    double density;
    Precision precision;
  };
  for (const Case& c :
       {Case{4096, 4096, 1, 0.1, Precision::kBf16}, Case{4096, 4096, 8, 0.05, Precision::kBf16},
        Case{8192, 8192, 8, 0.02, Precision::kFp32}, Case{1000, 25088, 3, 0.1, Precision::kBf16},
        Case{10, 300007, 1, 0.3, Precision::kFp32}, Case{100003, 65, 2, 0.2, Precision::kBf16}}) {
    const Layer layer = even_layer(c.rows, c.columns, c.density, c.precision);
    ASSERT_NO_FATAL_FAILURE(check_variants({layer, c.images, c.precision, kPlain, kLast, device_}));
  }
}

TEST_F(SpmvOnDevice, OneFullRowAmongEmptyOnes) {
  const Layer layer = one_full_row(5000, 20000, 3000);
  for (const std::int64_t images : {1, 8}) {
    ASSERT_NO_FATAL_FAILURE(check_variants({layer, images, Precision::kBf16, kPlain, kPlain, device_}));
  }
}

TEST_F(SpmvOnDevice, AChainOfOverlappingLaunches) {
  if (device_.capability() < 90) GTEST_SKIP() << "launches overlap from sm_90 on";
  const Layer layer = even_layer(1024, 1024, 0.02, Precision::kFp32);
  const CudaRequest request{layer, 4, Precision::kFp32, kPlain, kPlain, device_};
  for (const SpmvTiling& tiling : {SpmvTiling{512, 32, 4, 1024, device_.multiprocessors, 512},
                                   SpmvTiling{256, 8, 4, 512, device_.multiprocessors, 512}}) {
    check_chain(request, [&](bool overlap) { return packed_spmv_runner(request, tiling, overlap); });
  }
}

}  // namespace
}  // namespace coppice::kernels
