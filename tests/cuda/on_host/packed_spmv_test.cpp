// The packed SpMV's own source on the host: random layers in every schedule against the definition in FP64,
// with tiles so small that small layers cross several.
#include "kernels/cuda/packed_spmv/packed_spmv.h"

#include "cuda/linear_on_host.h"

namespace coppice::kernels {
namespace {

#ifdef COPPICE_RACES
constexpr int kCases = 170;  // ThreadSanitizer takes seven times as long
#else
constexpr int kCases = 300;
#endif
constexpr Layout kPlain{Order::kPlain, 0}, kLast{Order::kImagesLast, 0};

class PackedSpmvOnHost : public LinearOnHost {
 protected:
  PackedSpmvOnHost() : LinearOnHost(5) {}

  Layer draw_layer(Precision precision) {
    Layer layer = up_to(4) ? linear_layer(1 + up_to(40), 1 + up_to(150))
                           : linear_layer(1 + up_to(20), 1 + up_to(9), 1 + up_to(4), 1 + up_to(4));
    const double density = std::pow(0.5, up_to(6));
    fill_rows(layer, static_cast<Rows>(up_to(6)), density, precision, random_);
    if (up_to(2)) give_bias(layer, random_);
    layer.relu = up_to(2);
    layer.residual = up_to(2);
    return layer;
  }

  /// At least two ranges and, with some luck, several blocks of columns and partial sums.
  SpmvTiling draw_tiling(const CudaRequest& request) {
    SpmvTiling tiling;
    do {
      tiling.lanes = 4 << up_to(4);
    } while (tiling.lanes < spmv_padded_images(request.images));
    tiling.threads = up_to(3) ? 32 : 64;
    tiling.loads = request.precision == Precision::kBf16 && up_to(2) ? 8 : 4;
    tiling.block_columns = up_to(3) ? 2 * (2 + up_to(30)) : 152;
    tiling.ranges = 1 + up_to(4);
    const std::int64_t columns = request.layer.shape.columns();
    tiling.most_sums = (columns + tiling.block_columns - 1) / tiling.block_columns + 1 + up_to(50);
    return tiling;
  }
};

TEST_F(PackedSpmvOnHost, RandomLayersAndTilings) {
  int blocks = 0, splits = 0, ranges = 0, cases = 0;
  for (int i = 0; i < kCases; ++i) {
    const Precision precision = i % 2 ? Precision::kBf16 : i % 4 ? Precision::kFp32 : Precision::kTf32;
    const Layer layer = draw_layer(precision);
    const CudaRequest request{
        layer, 1 + up_to(8), precision, up_to(2) ? kPlain : kLast, up_to(2) ? kPlain : kLast, device_};
    LinearData data = draw_data(request, random_);
    define(request, data);
    const SpmvTiling tiling = draw_tiling(request);
    const auto runner = packed_spmv_runner(request, tiling, up_to(2));
    ASSERT_NO_FATAL_FAILURE(check_in_every_schedule(request, *runner, data));
    const PackedSpmv packed = pack_spmv(layer.weights, SpmvFormat::kBf16, request.images, tiling);
    blocks += packed.column_blocks > 1;
    splits += packed.sums > 0;
    ranges += packed.ranges > 1;
    cases += std::ssize(kSchedules);
  }
  EXPECT_GE(cases, 500);
  EXPECT_GE(std::min({blocks, splits, ranges}), kCases / 3) << "what small layers are to cross";
}

/// Pieces of several sets of loads: the last of one overlaps the first of the next.
TEST_F(PackedSpmvOnHost, PiecesLongerThanTheLoadsUnderWay) {
  for (const Precision precision : {Precision::kBf16, Precision::kFp32}) {
    for (const int loads : {4, 8}) {
      if (precision == Precision::kFp32 && loads == 8) continue;
      Layer layer = linear_layer(9, 1600);
      fill_rows(layer, Rows::kPower, 0.5, precision, random_);
      const CudaRequest request{layer, 3, precision, kPlain, kPlain, device_};
      LinearData data = draw_data(request, random_);
      define(request, data);
      const SpmvTiling tiling{32, 16, loads, 1600, 1, 100};
      const PackedSpmv packed = pack_spmv(layer.weights, SpmvFormat::kBf16, 3, tiling);
      std::uint32_t longest = 0;
      for (std::size_t p = 0; p + 1 < packed.pieces.size(); ++p) {
        longest = std::max(longest, packed.pieces[p + 1].begin - packed.pieces[p].begin);
      }
      ASSERT_GT(longest, static_cast<std::uint32_t>(2 * loads * tiling.lanes)) << "three sets of loads";
      ASSERT_NO_FATAL_FAILURE(
          check_in_every_schedule(request, *packed_spmv_runner(request, tiling, true), data));
    }
  }
}

TEST_F(PackedSpmvOnHost, RowsOfEveryLength) {
  for (const Precision precision : {Precision::kBf16, Precision::kFp32}) {
    Layer layer = linear_layer(101, 100);
    for (std::int64_t row = 0; row <= 100; ++row) {
      for (std::int64_t i = 0; i < row; ++i) {
        layer.weights.column.push_back(static_cast<std::int32_t>(row % 2 ? i : 100 - row + i));
        layer.weights.value.push_back(static_cast<float>(i % 5) - 1.5f);
      }
      layer.weights.begin.push_back(layer.weights.nonzeros());
    }
    for (const std::int64_t block_columns : {100, 34}) {
      const CudaRequest request{layer, 2, precision, kPlain, kLast, device_};
      LinearData data = draw_data(request, random_);
      define(request, data);
      const SpmvTiling tiling{64, 4, 4, block_columns, 3, 200};
      ASSERT_NO_FATAL_FAILURE(
          check_in_every_schedule(request, *packed_spmv_runner(request, tiling, false), data));
    }
  }
}

/// As they will run on a device: the candidate's own tilings, with hundreds of threads.
TEST_F(PackedSpmvOnHost, EveryVariantOfTheCandidate) {
  const auto candidate = packed_spmv_candidate();
  for (std::int64_t images = 1; images <= 8; ++images) {
    const Precision precision = images % 2 ? Precision::kBf16 : Precision::kFp32;
    Layer layer = linear_layer(33, 5, 7, 5);
    fill_rows(layer, Rows::kMixed, 0.2, precision, random_);
    give_bias(layer, random_);
    layer.relu = layer.residual = true;
    const CudaRequest request{layer, images, precision, kPlain, images % 3 ? kPlain : kLast, device_};
    ASSERT_EQ(candidate->refusal(request), "");
    LinearData data = draw_data(request, random_);
    define(request, data);
    const auto runners = candidate->make(request);
    ASSERT_GE(runners.size(), 4u) << "with and without overlap";
    for (const auto& runner : runners)
      ASSERT_NO_FATAL_FAILURE(check_in_every_schedule(request, *runner, data));
  }
}

TEST_F(PackedSpmvOnHost, OneRowOneColumnOneImageOneWeightNone) {
  const auto candidate = packed_spmv_candidate();
  for (const Precision precision : {Precision::kBf16, Precision::kFp32}) {
    for (const auto& [rows, columns] : {std::pair{1, 1}, {1, 77}, {77, 1}, {5, 3}}) {
      for (const Rows kind : {Rows::kEmpty, Rows::kFull}) {
        Layer layer = linear_layer(rows, columns);
        fill_rows(layer, kind, 0, precision, random_);
        give_bias(layer, random_);
        const CudaRequest request{layer, 1 + up_to(3), precision, kPlain, kPlain, device_};
        LinearData data = draw_data(request, random_);
        define(request, data);
        const auto runners = candidate->make(request);
        ASSERT_NO_FATAL_FAILURE(check_in_every_schedule(request, *runners.front(), data));
      }
    }
  }
}

TEST_F(PackedSpmvOnHost, MoreColumnsThanSixteenBitsCount) {
  const auto candidate = packed_spmv_candidate();
  for (const std::int64_t columns : {65534, 65535, 65536, 65537, 140001}) {
    for (const Precision precision : {Precision::kBf16, Precision::kFp32}) {
      Layer layer = linear_layer(3, columns);
      fill_rows(layer, Rows::kEven, 0.002, precision, random_);
      layer.weights.column.back() = static_cast<std::int32_t>(columns - 1);
      const CudaRequest request{layer, 1, precision, kPlain, kPlain, device_};
      LinearData data = draw_data(request, random_);
      define(request, data);
      const auto runners = candidate->make(request);
      const std::vector<float> got = run_on(*runners.front(), request, data);
      ASSERT_NO_FATAL_FAILURE(expect_right(request, data, got, runners.front()->variant()));
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
