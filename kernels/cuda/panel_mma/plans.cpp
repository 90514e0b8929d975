#include "kernels/cuda/panel_mma/plans.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/cuda/per_clock.h"

namespace coppice::kernels {

namespace {

// Instructions of a warp for a record, for each 16 images of a block, and to bring 512 bytes of X; counted in
// the machine code for sm_90.
constexpr double kInstructionsOfARecord = 48, kInstructionsOfSixteenImages = 6, kInstructionsOfBringing = 12;
// Clocks until a block of threads multiplies, and from then until its results are written.
constexpr double kBegin = 2500, kEnd = 2500;
// Warps that hide each other's waiting.
constexpr double kBusyWarps = 12;
constexpr std::int64_t kReservedPerBlock = 1024;

double divide_up(double a, double b) { return std::ceil(a / b); }

/// Blocks of threads that a multiprocessor is to hold: 16 warps with 128 registers for each thread.
int resident(int warps) { return std::max(1, kPanelMostWarps / warps); }

/// The longest slices that let so many blocks fit; 0: none do.
int slice_columns(const CudaDevice& device, int warps, int columns) {
  const std::int64_t room =
      std::min(device.shared_bytes_per_block,
               device.shared_bytes_per_multiprocessor / resident(warps) - kReservedPerBlock);
  for (const int slice : {256, 192, 128, 64}) {
    if (panel_shared_bytes(warps, columns, slice) <= room) return slice;
  }
  return 0;
}

struct Ranked {
  PanelTiling tiling;
  double seconds;
};

}  // namespace

PanelPrediction predict_panel_mma(const CudaRequest& request, const PanelTiling& tiling) {
  const CudaDevice& device = request.device;
  const auto rows = static_cast<double>(request.layer.shape.outputs);
  const auto columns = static_cast<double>(request.layer.shape.columns());
  const double density =
      static_cast<double>(request.layer.weights.nonzeros()) / std::max(1.0, rows * columns);
  const double multiprocessors = std::max(1, device.multiprocessors);
  const double block_rows = kPanelRows * tiling.warps, images = tiling.columns;
  const double tiles = divide_up(static_cast<double>(request.images), images);
  const double used = columns * (1 - std::pow(1 - density, block_rows));
  const double slices = std::max(1.0, divide_up(used, tiling.slice_columns));
  const double parts = std::min<double>(tiling.parts, slices);
  const double works = divide_up(rows, block_rows) * parts;
  // Of one block of threads. A slice leaves half a block of 16 columns to fill up in each panel.
  const double of_panel = columns * (1 - std::pow(1 - density, kPanelRows)) / kPanelRows + slices / 4;
  const double blocks = tiling.warps * of_panel / parts;
  const double nonzeros = density * columns * block_rows / parts;
  const double records = std::max(blocks, nonzeros / 24);
  const double x_bytes = used * 2 * images / parts;
  const double partial_bytes = parts > 1 ? 2 * block_rows * images * 4 : 0;
  const double accesses = blocks * kPanelRows * 2 * images / per_clock::kSharedBytes + 4 * records +
                          x_bytes / per_clock::kSharedBytes;
  const double flops = blocks * 2 * kPanelRows * kPanelRows * images;
  const double instructions = records * kInstructionsOfARecord +
                              blocks * kInstructionsOfSixteenImages * images / 16 +
                              x_bytes / 512 * kInstructionsOfBringing;
  const double l2_bytes = x_bytes + records * 144 + partial_bytes + 2 * block_rows * images;

  // Blocks come to multiprocessors one by one; with fewer than there are multiprocessors each has more of the
  // cache's bandwidth.
  const double each = divide_up(works * tiles, multiprocessors);
  const double busy = std::min(multiprocessors, works * tiles);
  const double l2 = std::min(per_clock::kL2BytesAlone, per_clock::kL2Bytes * multiprocessors / busy);
  const double warps = std::min<double>(each, resident(tiling.warps)) * tiling.warps;
  const double hidden = std::min(1.0, warps / kBusyWarps);
  const std::array<double, 4> bounds = {accesses, flops / per_clock::kMmaFlops,
                                        instructions / per_clock::kInstructions, l2_bytes / l2};
  const double most = *std::max_element(bounds.begin(), bounds.end());
  const double rounds = divide_up(each, resident(tiling.warps));
  // The last of a block of rows' parts adds the sums of all, alone on its multiprocessor.
  const double adding = parts > 1 ? parts * block_rows * images * 4 / per_clock::kL2BytesAlone : 0;
  PanelPrediction prediction;
  prediction.seconds =
      (each * most / hidden + rounds * (kBegin + kEnd) + adding) / std::max(1.0, device.clock_hz);
  prediction.l2_bytes = works * tiles * l2_bytes;
  prediction.shared_accesses = works * tiles * accesses;
  prediction.tensor_flops = works * tiles * flops;
  return prediction;
}

std::vector<PanelTiling> panel_tilings(const CudaRequest& request) {
  constexpr std::size_t kMost = 4;
  std::vector<Ranked> ranked;
  for (const int warps : {16, 8, 4}) {
    for (const int columns : {128, 64, 16}) {
      if (columns > 64 ? request.images <= 64 : columns < 64 && request.images > 16) continue;
      for (const int parts : {1, 2, 3, 4, 6, 8}) {
        PanelTiling tiling;
        tiling.warps = warps;
        tiling.columns = columns;
        tiling.parts = parts;
        tiling.slice_columns = slice_columns(request.device, warps, columns);
        if (tiling.slice_columns == 0) continue;
        ranked.push_back({tiling, predict_panel_mma(request, tiling).seconds});
      }
    }
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const Ranked& a, const Ranked& b) { return a.seconds < b.seconds; });
  // Not four numbers of parts of one shape: where the prediction is off, it is off for all of them.
  std::vector<PanelTiling> tilings;
  for (const auto& [tiling, seconds] : ranked) {
    const auto alike = std::count_if(tilings.begin(), tilings.end(), [&](const PanelTiling& other) {
      return other.warps == tiling.warps && other.columns == tiling.columns;
    });
    if (alike < 2 && tilings.size() < kMost) tilings.push_back(tiling);
  }
  return tilings;
}

}  // namespace coppice::kernels
