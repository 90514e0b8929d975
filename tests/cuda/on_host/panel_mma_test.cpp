// The panel SpMM's own source on the host: random layers in every schedule against the definition in FP64,
// with tiles so small that small layers cross several.
#include "kernels/cuda/panel_mma/panel_mma.h"

#include "cuda/linear_on_host.h"

namespace coppice::kernels {
namespace {

#ifdef COPPICE_RACES
constexpr int kCases = 60;  // ThreadSanitizer takes several times as long
#else
constexpr int kCases = 200;
#endif
constexpr Layout kLast{Order::kImagesLast, 0};

class PanelMmaOnHost : public LinearOnHost {
 protected:
  PanelMmaOnHost() : LinearOnHost(6) {}

  Layer draw_layer(std::int64_t most_rows, std::int64_t most_columns) {
    Layer layer = linear_layer(1 + up_to(most_rows), 1 + up_to(most_columns));
    const double density = std::pow(0.5, 1 + up_to(6));
    fill_rows(layer, static_cast<Rows>(up_to(6)), density, Precision::kBf16, random_);
    if (up_to(4) == 0) fill_row(layer, up_to(layer.weights.rows));
    if (up_to(2)) give_bias(layer, random_);
    layer.relu = up_to(2);
    layer.residual = up_to(2);
    return layer;
  }

  /// Among sparse ones a full row is cut into pieces.
  static void fill_row(Layer& layer, std::int64_t row) {
    const std::int64_t columns = layer.weights.columns;
    std::vector<float> dense = dense_from_csr(layer.weights);
    for (std::int64_t i = 0; i < columns; ++i) {
      dense[static_cast<std::size_t>(row * columns + i)] = static_cast<float>(i % 9) - 4.5f;
    }
    layer.weights = csr_from_dense(dense.data(), layer.weights.rows, columns);
  }

  void check_case(const Layer& layer, std::int64_t images, const PanelTiling& tiling) {
    const CudaRequest request{layer, images, Precision::kBf16, kLast, kLast, device_};
    LinearData data = draw_data(request, random_);
    define(request, data);
    check_in_every_schedule(request, *panel_mma_runner(request, tiling, up_to(2)), data);
  }
};

TEST_F(PanelMmaOnHost, RandomLayersAndTilings) {
  int blocks = 0, tiles = 0, slices = 0, parts = 0, split_rows = 0, aligned = 0, cases = 0;
  for (int i = 0; i < kCases; ++i) {
    const Layer layer = draw_layer(70, 200);
    PanelTiling tiling;
    tiling.columns = 16;
    tiling.warps = 1 + static_cast<int>(up_to(3));
    tiling.slice_columns = 8 * static_cast<int>(1 + up_to(4));
    tiling.parts = up_to(2) ? 1 : 2 + static_cast<int>(up_to(3));
    const std::int64_t images = up_to(2) ? 8 * (2 + up_to(4)) : 9 + up_to(40);
    ASSERT_NO_FATAL_FAILURE(check_case(layer, images, tiling));
    const PackedPanels packed = pack_panels(layer.weights, tiling);
    const auto all = [&](const auto& holds) {
      return std::any_of(packed.work.begin(), packed.work.end(), holds);
    };
    blocks += packed.rows.blocks > 1;
    tiles += images > 16;
    slices += all([](const PanelWork& work) { return work.slices > 3; });
    parts += packed.partials > 0;
    split_rows += std::any_of(packed.rows.slots.begin(), packed.rows.slots.end(),
                              [](const RowSlot& slot) { return slot.pieces > 1; });
    aligned += images % 8 == 0;
    cases += std::ssize(kSchedules);
  }
#ifndef COPPICE_RACES
  EXPECT_GE(cases, 500);
#endif
  EXPECT_GE(std::min({blocks, tiles, aligned, kCases - aligned}), kCases / 3)
      << "what small layers are to cross";
  EXPECT_GE(slices, kCases / 8);
  EXPECT_GE(parts, kCases / 8);
  EXPECT_GE(split_rows, kCases / 12);
}

/// As they will run on a device: the candidate's own tilings, with hundreds of threads.
TEST_F(PanelMmaOnHost, EveryVariantOfTheCandidate) {
  const auto candidate = panel_mma_candidate();
  for (const std::int64_t images : {64, 131}) {
    Layer layer = linear_layer(150, 5, 8, 8);
    fill_rows(layer, Rows::kMixed, 0.05, Precision::kBf16, random_);
    give_bias(layer, random_);
    layer.relu = layer.residual = true;
    const CudaRequest request{layer, images, Precision::kBf16, kLast, kLast, device_};
    ASSERT_EQ(candidate->refusal(request), "");
    LinearData data = draw_data(request, random_);
    define(request, data);
    const auto runners = candidate->make(request);
    ASSERT_GE(runners.size(), 4u) << "with and without overlap";
    for (const auto& runner : runners) {
      const std::vector<float> got = run_on(*runner, request, data);
      ASSERT_NO_FATAL_FAILURE(expect_right(request, data, got, runner->variant()));
    }
  }
}

/// The largest block of threads, tile and slices.
TEST_F(PanelMmaOnHost, FullBlocks) {
  for (const int columns : {64, 128}) {
    Layer layer = linear_layer(260, 700);
    fill_rows(layer, Rows::kEven, 0.02, Precision::kBf16, random_);
    const CudaRequest request{layer, 130, Precision::kBf16, kLast, kLast, device_};
    LinearData data = draw_data(request, random_);
    define(request, data);
    const auto runner = panel_mma_runner(request, PanelTiling{16, columns, 256, 1}, true);
    const std::vector<float> got = run_on(*runner, request, data);
    ASSERT_NO_FATAL_FAILURE(expect_right(request, data, got, runner->variant()));
  }
}

TEST_F(PanelMmaOnHost, OneRowOneColumnFewImagesNoWeights) {
  for (const auto& [rows, columns] : {std::pair{1, 1}, {1, 77}, {77, 1}, {5, 3}}) {
    for (const Rows kind : {Rows::kEmpty, Rows::kFull}) {
      Layer layer = linear_layer(rows, columns);
      fill_rows(layer, kind, 0, Precision::kBf16, random_);
      give_bias(layer, random_);
      ASSERT_NO_FATAL_FAILURE(check_case(layer, 9 + up_to(3), PanelTiling{2, 16, 16, 1 + int(up_to(2))}));
    }
  }
}

/// Nonzeros in one place, dead rows and columns around them, and one full row.
TEST_F(PanelMmaOnHost, DenseCornersDeadRowsAndFullRows) {
  for (const std::int64_t first : {0, 37}) {
    Layer layer = linear_layer(60, 90);
    for (std::int64_t row = 0; row < 60; ++row) {
      for (std::int64_t column = 0; column < 90; ++column) {
        const bool corner = row >= first && row < first + 20 && column >= first && column < first + 33;
        if (!corner && row != 59) continue;
        layer.weights.column.push_back(static_cast<std::int32_t>(column));
        layer.weights.value.push_back(static_cast<float>((row * 7 + column) % 9) - 3.5f);
      }
      layer.weights.begin.push_back(layer.weights.nonzeros());
    }
    for (const int parts : {1, 3}) {
      ASSERT_NO_FATAL_FAILURE(check_case(layer, 40, PanelTiling{2, 16, 24, parts}));
      ASSERT_NO_FATAL_FAILURE(check_case(layer, 21, PanelTiling{3, 16, 256, parts}));
    }
  }
}

}  // namespace
}  // namespace coppice::kernels
