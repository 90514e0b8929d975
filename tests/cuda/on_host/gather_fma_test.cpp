// The compacted SpMM's own source on the host: random layers in every schedule against the definition in
// FP64, with blocks and slices so small that small layers cross several.
#include "kernels/cuda/gather_fma/gather_fma.h"

#include "cuda/linear_on_host.h"

namespace coppice::kernels {
namespace {

#ifdef COPPICE_RACES
constexpr int kCases = 50;  // ThreadSanitizer takes far longer
#else
constexpr int kCases = 250;
#endif
constexpr Layout kLast{Order::kImagesLast, 0};

class GatherFmaOnHost : public LinearOnHost {
 protected:
  GatherFmaOnHost() : LinearOnHost(5) {}

  Layer draw_layer() {
    if (up_to(10) == 0) {  // one full row among rows of one: it is split
      Layer layer = linear_layer(33 + up_to(40), 90);
      for (std::int64_t row = 0; row < layer.shape.outputs; ++row) {
        for (std::int32_t column = 0; column < (row == 7 ? 90 : 1); ++column) {
          layer.weights.column.push_back(column);
          layer.weights.value.push_back(static_cast<float>(column % 7) - 3.5f);
        }
        layer.weights.begin.push_back(layer.weights.nonzeros());
      }
      return layer;
    }
    Layer layer = up_to(4) ? linear_layer(1 + up_to(70), 1 + up_to(90))
                           : linear_layer(1 + up_to(40), 1 + up_to(9), 1 + up_to(3), 1 + up_to(3));
    fill_rows(layer, static_cast<Rows>(up_to(6)), std::pow(0.5, up_to(6)), Precision::kFp32, random_);
    if (up_to(2)) give_bias(layer, random_);
    layer.relu = up_to(2);
    layer.residual = up_to(2);
    return layer;
  }

  GatherTiling draw_tiling() {
    GatherTiling tiling;
    tiling.warps = static_cast<int>(1 + up_to(2));
    do {
      tiling.warp_rows = 4 << up_to(4);
      tiling.lane_images = 1 << up_to(3);
    } while (!gather_kernel_exists(tiling.warp_rows, tiling.lane_images));
    tiling.stages = static_cast<int>(2 + up_to(2));
    tiling.slice_columns = static_cast<int>(up_to(3) ? 1 + up_to(9) : 32);
    tiling.slice_vectors = gather_least_vectors(tiling) + static_cast<int>(up_to(2) ? up_to(9) : 200);
    tiling.splits = static_cast<int>(up_to(2) ? 1 : 2 + up_to(5));
    return tiling;
  }

  void check_tiling(const Layer& layer, std::int64_t images, const GatherTiling& tiling) {
    const CudaRequest request{layer, images, Precision::kFp32, kLast, kLast, device_};
    LinearData data = draw_data(request, random_);
    define(request, data);
    ASSERT_NO_FATAL_FAILURE(
        check_in_every_schedule(request, *gather_fma_runner(request, tiling, true), data));
  }
};

TEST_F(GatherFmaOnHost, RandomLayersAndTilings) {
  int blocks = 0, tiles = 0, slices = 0, pieces = 0, splits = 0, unaligned = 0, cases = 0;
  for (int i = 0; i < kCases; ++i) {
    const Layer layer = draw_layer();
    const GatherTiling tiling = draw_tiling();
    const std::int64_t images = 9 + up_to(3 * tiling.tile() / 2);
    const CudaRequest request{layer, images, i % 4 ? Precision::kFp32 : Precision::kTf32,
                              kLast, kLast,  device_};
    LinearData data = draw_data(request, random_);
    define(request, data);
    ASSERT_NO_FATAL_FAILURE(
        check_in_every_schedule(request, *gather_fma_runner(request, tiling, up_to(2)), data));
    const PackedGather packed = pack_gather(layer.weights, tiling);
    blocks += packed.plan.blocks > 1;
    tiles += images > tiling.tile();
    splits += tiling.splits > 1;
    unaligned += images % 4 != 0;
    for (std::size_t b = 0; b + 1 < packed.slices_from.size(); ++b) {
      if (packed.slices_from[b + 1] - packed.slices_from[b] <= 3) continue;
      ++slices;
      break;
    }
    for (const PlannedRow& row : packed.plan.rows) {
      if (row.last - row.first < 2) continue;
      ++pieces;
      break;
    }
    cases += std::ssize(kSchedules);
  }
#ifndef COPPICE_RACES
  EXPECT_GE(cases, 500);
#endif
  EXPECT_GE(std::min({blocks, tiles, slices, splits, unaligned, kCases - unaligned}), kCases / 5)
      << "what small layers are to cross";
  EXPECT_GE(pieces, kCases / 40);
}

/// Of each length from none to all columns, so that rows end in the middle of a vector and at its end, in one
/// slice and over many.
TEST_F(GatherFmaOnHost, RowsOfEveryLength) {
  Layer layer = linear_layer(41, 40);
  for (std::int64_t row = 0; row <= 40; ++row) {
    for (std::int64_t i = 0; i < row; ++i) {
      layer.weights.column.push_back(static_cast<std::int32_t>(row % 2 ? i : 40 - row + i));
      layer.weights.value.push_back(static_cast<float>(i % 5) - 1.5f);
    }
    layer.weights.begin.push_back(layer.weights.nonzeros());
  }
  for (const int slice_columns : {1, 7, 40}) {
    for (const int lane_images : {1, 2, 4}) {
      GatherTiling tiling{2, 16, lane_images, 2 + slice_columns % 2, slice_columns, 500};
      ASSERT_NO_FATAL_FAILURE(check_tiling(layer, 36, tiling));
      ASSERT_NO_FATAL_FAILURE(check_tiling(layer, 35, tiling));
    }
  }
}

/// As they will run on a device: the candidate's own tilings, with hundreds of threads.
TEST_F(GatherFmaOnHost, EveryVariantOfTheCandidate) {
  const auto candidate = gather_fma_candidate();
  for (const std::int64_t images : {9, 64, 130}) {
    Layer layer = linear_layer(150, 5, 7, 5);
    fill_rows(layer, Rows::kMixed, 0.1, Precision::kFp32, random_);
    give_bias(layer, random_);
    layer.relu = layer.residual = true;
    const CudaRequest request{layer, images, Precision::kFp32, kLast, kLast, device_};
    ASSERT_EQ(candidate->refusal(request), "");
    LinearData data = draw_data(request, random_);
    define(request, data);
    const auto runners = candidate->make(request);
    ASSERT_GE(runners.size(), 2u) << "with and without overlap";
    for (std::size_t i = 0; i < runners.size(); i += 2) {
      const std::vector<float> got = run_on(*runners[i], request, data);
      ASSERT_NO_FATAL_FAILURE(expect_right(request, data, got, runners[i]->variant()));
      ASSERT_EQ(bits(run_on(*runners[i + 1], request, data)), bits(got)) << runners[i + 1]->variant();
    }
  }
}

/// The largest blocks, each kernel once.
TEST_F(GatherFmaOnHost, EveryKernelWithAsManyWarpsAsABlockHas) {
  Layer layer = linear_layer(600, 40);
  fill_rows(layer, Rows::kEven, 0.3, Precision::kFp32, random_);
  for (const auto& [warp_rows, lane_images] :
       {std::pair{4, 1}, {8, 1}, {16, 1}, {4, 2}, {8, 2}, {16, 2}, {32, 2}, {16, 4}}) {
    ASSERT_TRUE(gather_kernel_exists(warp_rows, lane_images));
    for (const std::int64_t images : {12, 13}) {
      const GatherTiling tiling{16, warp_rows, lane_images, 3, 24, 3000};
      const CudaRequest request{layer, images, Precision::kFp32, kLast, kLast, device_};
      LinearData data = draw_data(request, random_);
      define(request, data);
      const auto runner = gather_fma_runner(request, tiling, true);
      ASSERT_NO_FATAL_FAILURE(expect_right(request, data, run_on(*runner, request, data), runner->variant()));
    }
  }
}

TEST_F(GatherFmaOnHost, OneRowOneColumnNoWeights) {
  for (const auto& [rows, columns] : {std::pair{1, 1}, {1, 77}, {77, 1}, {5, 3}}) {
    for (const Rows kind : {Rows::kEmpty, Rows::kFull}) {
      Layer layer = linear_layer(rows, columns);
      fill_rows(layer, kind, 1, Precision::kFp32, random_);
      give_bias(layer, random_);
      ASSERT_NO_FATAL_FAILURE(check_tiling(layer, 9, {1, 16, 1, 2, 8, 100}));
      ASSERT_NO_FATAL_FAILURE(check_tiling(layer, 40, {2, 16, 2, 3, 16, 100}));
    }
  }
}

/// What a launch leaves behind does not disturb the next.
TEST_F(GatherFmaOnHost, SplitsAgainAndAgain) {
  Layer layer = linear_layer(40, 60);
  fill_rows(layer, Rows::kEven, 0.3, Precision::kFp32, random_);
  give_bias(layer, random_);
  const CudaRequest request{layer, 50, Precision::kFp32, kLast, kLast, device_};
  const auto runner = gather_fma_runner(request, {2, 8, 1, 2, 7, 50, 3}, true);
  EXPECT_NE(runner->variant().find(", split in 3"), std::string::npos);
  for (int round = 0; round < 4; ++round) {
    LinearData data = draw_data(request, random_);
    define(request, data);
    ASSERT_NO_FATAL_FAILURE(check_in_every_schedule(request, *runner, data));
  }
}

/// Sums do not depend on how a matrix is cut, as long as its rows are not.
TEST_F(GatherFmaOnHost, TilingsAgreeInEveryBit) {
  Layer layer = linear_layer(50, 60);
  fill_rows(layer, Rows::kEven, 0.3, Precision::kFp32, random_);
  const CudaRequest request{layer, 33, Precision::kFp32, kLast, kLast, device_};
  const LinearData data = draw_data(request, random_);
  const auto run = [&](const GatherTiling& tiling) {
    return bits(run_on(*gather_fma_runner(request, tiling, false), request, data));
  };
  const auto first = run({1, 16, 1, 2, 5, 40});
  EXPECT_EQ(run({2, 16, 4, 3, 60, 500}), first);
  EXPECT_EQ(run({2, 32, 2, 2, 17, 200}), first);
}

}  // namespace
}  // namespace coppice::kernels
