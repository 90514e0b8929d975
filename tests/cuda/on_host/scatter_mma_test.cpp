// The scatter-mma kernel's own source on the host: random layers in every schedule against the definition in
// FP64, with blocks so small that small layers have several rows of them, several slices and several parts.
#include "kernels/cuda/scatter_mma/scatter_mma.h"

#include "cuda/linear_on_host.h"

namespace coppice::kernels {
namespace {

#ifdef COPPICE_RACES
constexpr int kCases = 80;  // ThreadSanitizer takes several times as long
#else
constexpr int kCases = 175;  // in three schedules each
#endif
constexpr Layout kPlain{Order::kPlain, 0}, kLast{Order::kImagesLast, 0};

class ScatterMmaOnHost : public LinearOnHost {
 protected:
  ScatterMmaOnHost() : LinearOnHost(5) {}

  Layer draw_layer() {
    Layer layer = up_to(4) ? linear_layer(1 + up_to(50), 1 + up_to(450))
                           : linear_layer(1 + up_to(40), 1 + up_to(12), 1 + up_to(6), 1 + up_to(6));
    fill_rows(layer, static_cast<Rows>(up_to(6)), std::pow(0.5, up_to(6)), Precision::kBf16, random_);
    if (up_to(2)) give_bias(layer, random_);
    layer.relu = up_to(2);
    layer.residual = up_to(2);
    return layer;
  }

  /// Blocks of 16 or 32 rows mostly; stages that hold a slice, or but part of one.
  ScatterTiling draw_tiling(const CudaRequest& request) {
    ScatterTiling tiling;
    tiling.row_tiles = up_to(4) ? 1 : 2 << up_to(2);
    tiling.warps = 1 + static_cast<int>(up_to(2));
    tiling.teams = 1 + static_cast<int>(up_to(3));
    tiling.stages = 2 + static_cast<int>(up_to(5));
    tiling.stage_groups = up_to(2) ? 300 : tiling.header_groups() + tiling.warps + up_to(60);
    tiling.parts = 1 + up_to(16);
    while (scatter_shared_bytes(tiling, scatter_padded_images(request.images), request.in == kLast) >
           device_.shared_bytes_per_block) {
      --tiling.stages;
    }
    return tiling;
  }

  /// Few images in most cases, since the time goes into them.
  std::int64_t draw_images() { return up_to(3) ? 9 + up_to(8) : 9 + up_to(56); }
};

TEST_F(ScatterMmaOnHost, RandomLayersAndTilings) {
  int row_blocks = 0, long_parts = 0, several_parts = 0, cut_slices = 0;
  for (int i = 0; i < kCases; ++i) {
    const Layer layer = draw_layer();
    const CudaRequest request{
        layer,  draw_images(), Precision::kBf16, up_to(2) ? kPlain : kLast, up_to(2) ? kPlain : kLast,
        device_};
    LinearData data = draw_data(request, random_);
    define(request, data);
    const ScatterTiling tiling = draw_tiling(request);
    const auto runner = scatter_mma_runner(request, tiling, up_to(2));
    ASSERT_NO_FATAL_FAILURE(check_in_every_schedule(request, *runner, data));
    const RowOrder order = request.out == kLast ? RowOrder::kBalanced : RowOrder::kAsTheyCome;
    const PackedScatter packed =
        pack_scatter(layer.weights, request.images, request.in == kLast, order, tiling);
    row_blocks += packed.rows.blocks > 1;
    several_parts += packed.partials > 0;
    bool is_long = false, is_cut = false;
    for (const ScatterPart& part : packed.parts)
      is_long = is_long || part.end - part.first > 3u * static_cast<std::uint32_t>(tiling.teams);
    for (std::size_t s = 1; s + 1 < packed.slices.size() && request.in == kPlain; ++s) {
      is_cut = is_cut || packed.slices[s].column == packed.slices[s - 1].column;
    }
    long_parts += is_long;  // than three stages
    cut_slices += is_cut;
  }
  EXPECT_GE(std::min({row_blocks, several_parts}), kCases / 3) << "what small layers are to cross";
  EXPECT_GE(std::min(long_parts, cut_slices), kCases / 16) << long_parts << " " << cut_slices;
}

/// Tiles of every shape, through more slices than there are stages.
TEST_F(ScatterMmaOnHost, EveryKernel) {
  for (const int row_tiles : {1, 2, 4}) {
    for (const std::int64_t images : {16, 17, 33, 49}) {
      for (const Layout in : {kPlain, kLast}) {
        Layer layer = linear_layer(16 * row_tiles + 3, 300);
        fill_rows(layer, Rows::kMixed, 0.3, Precision::kBf16, random_);
        const CudaRequest request{layer, images, Precision::kBf16, in, up_to(2) ? kPlain : kLast, device_};
        LinearData data = draw_data(request, random_);
        define(request, data);
        ScatterTiling tiling;
        tiling.row_tiles = row_tiles;
        tiling.warps = 1;
        tiling.teams = 1 + static_cast<int>(up_to(2));
        tiling.stages = 3;
        tiling.parts = 1 + up_to(6);
        const auto runner = scatter_mma_runner(request, tiling, true);
        const std::vector<float> got = run_on(*runner, request, data);
        ASSERT_NO_FATAL_FAILURE(expect_right(request, data, got, runner->variant()));
      }
    }
  }
}

/// As they will run on a device: the candidate's own tilings, with hundreds of threads.
TEST_F(ScatterMmaOnHost, EveryVariantOfTheCandidate) {
  const auto candidate = scatter_mma_candidate();
  for (const std::int64_t images : {9, 24, 64}) {
    Layer layer = linear_layer(70, 5, 7, 5);
    fill_rows(layer, Rows::kMixed, 0.2, Precision::kBf16, random_);
    give_bias(layer, random_);
    layer.relu = layer.residual = true;
    const CudaRequest request{
        layer,  images, Precision::kBf16, images == 24 ? kLast : kPlain, images == 64 ? kPlain : kLast,
        device_};
    ASSERT_EQ(candidate->refusal(request), "");
    LinearData data = draw_data(request, random_);
    define(request, data);
    const auto runners = candidate->make(request);
    ASSERT_GE(runners.size(), 4u) << "with and without overlap";
    for (std::size_t i = 0; i < runners.size(); i += 3) {
      ASSERT_NO_FATAL_FAILURE(check_in_every_schedule(request, *runners[i], data));
    }
  }
}

TEST_F(ScatterMmaOnHost, OneRowOneColumnOneWeightNone) {
  const auto candidate = scatter_mma_candidate();
  for (const auto& [rows, columns] : {std::pair{1, 1}, {1, 77}, {77, 1}, {5, 3}}) {
    for (const Rows kind : {Rows::kEmpty, Rows::kFull}) {
      for (const Layout in : {kPlain, kLast}) {
        Layer layer = linear_layer(rows, columns);
        fill_rows(layer, kind, 0, Precision::kBf16, random_);
        give_bias(layer, random_);
        const CudaRequest request{layer, 9 + up_to(8), Precision::kBf16, in, kPlain, device_};
        LinearData data = draw_data(request, random_);
        define(request, data);
        const auto runners = candidate->make(request);
        ASSERT_NO_FATAL_FAILURE(check_in_every_schedule(request, *runners.back(), data));
      }
    }
  }
}

/// Words are erased one by one, and where there are many all at once: slices of both kinds alternate.
TEST_F(ScatterMmaOnHost, FullAndNearlyEmptySlices) {
  for (const Layout in : {kPlain, kLast}) {
    Layer layer = linear_layer(20, 640);
    for (std::int64_t row = 0; row < 20; ++row) {
      for (std::int32_t column = 0; column < 640; ++column) {
        if (column / 64 % 2 == 0 && (column + row) % 9) continue;
        layer.weights.column.push_back(column);
        layer.weights.value.push_back(rounded(static_cast<float>(up_to(100)) / 77 - 0.6f, Precision::kBf16));
      }
      layer.weights.begin.push_back(layer.weights.nonzeros());
    }
    const CudaRequest request{layer, 11, Precision::kBf16, in, kPlain, device_};
    LinearData data = draw_data(request, random_);
    define(request, data);
    for (const int parts : {1, 3}) {
      ScatterTiling tiling{1, 2, 1, 3, 600, 1, 1, parts};
      ASSERT_NO_FATAL_FAILURE(
          check_in_every_schedule(request, *scatter_mma_runner(request, tiling, false), data));
      tiling.stage_groups = 150;
      tiling.teams = 2;
      ASSERT_NO_FATAL_FAILURE(
          check_in_every_schedule(request, *scatter_mma_runner(request, tiling, true), data));
    }
  }
}

/// A runner's counters serve one launch after the other, and a copy has its own.
TEST_F(ScatterMmaOnHost, ManyRunsOfOneRunner) {
  Layer layer = linear_layer(40, 700);
  fill_rows(layer, Rows::kEven, 0.2, Precision::kBf16, random_);
  const CudaRequest request{layer, 10, Precision::kBf16, kPlain, kPlain, device_};
  const auto runner = scatter_mma_runner(request, ScatterTiling{1, 1, 1, 3, 600, 1, 1, 20}, true);
  std::unique_ptr<CudaRunner> copy;
  for (int i = 0; i < 4; ++i) {
    LinearData data = draw_data(request, random_);
    define(request, data);
    if (i == 1) copy = runner->replicate();
    CudaRunner& used = i % 2 && copy ? *copy : *runner;
    ASSERT_NO_FATAL_FAILURE(expect_right(request, data, run_on(used, request, data), used.variant()));
  }
}

}  // namespace
}  // namespace coppice::kernels
