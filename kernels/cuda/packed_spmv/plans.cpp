#include "kernels/cuda/packed_spmv/plans.h"

#include <algorithm>
#include <cmath>

namespace coppice::kernels {

namespace {

/// Blocks of threads that fill a multiprocessor.
struct Filling {
  int threads, blocks, loads;
};

std::int64_t round_up(std::int64_t value, std::int64_t to) { return (value + to - 1) / to * to; }

/// Even blocks of columns, as few as fit into so much shared memory; 0: none fits.
std::int64_t block_columns(std::int64_t columns, std::int64_t column_bytes, std::int64_t shared_bytes) {
  const std::int64_t fitting = std::min(kSpmvMostColumns, (shared_bytes - 16) / column_bytes - 1) / 8 * 8;
  if (fitting < 8) return 0;
  const std::int64_t blocks = (columns + fitting - 1) / fitting;
  return round_up((columns + blocks - 1) / blocks, 8);
}

}  // namespace

SpmvFormat spmv_format(Precision precision) {
  return precision == Precision::kBf16 ? SpmvFormat::kBf16 : SpmvFormat::kFp32;
}

int spmv_lanes(double pieces, double groups, int threads, int least) {
  // What a team does per round, in loads: those of its piece, and one for all that a piece costs beside them.
  const auto cost = [&](int lanes) {
    return std::ceil(pieces * lanes / threads) * (std::ceil(groups / lanes) + 1);
  };
  int best = 32;
  for (int lanes = 16; lanes >= std::max(4, least); lanes /= 2) {
    if (cost(lanes) < cost(best)) best = lanes;
  }
  return best;
}

std::vector<SpmvTiling> spmv_tilings(const CudaRequest& request) {
  const CudaDevice& device = request.device;
  const SpmvFormat format = spmv_format(request.precision);
  const int images = spmv_padded_images(request.images);
  const std::int64_t columns = request.layer.shape.columns(), rows = request.layer.shape.outputs;
  const std::int64_t column_bytes = spmv_column_bytes(format, images);
  constexpr std::int64_t kSumsBytes = 16 * 1024, kReservedPerBlock = 1024;
  // With one block of 512 threads (of at most 64 registers) the next launch's first loads find room beside
  // it. In fp32 threads need more registers.
  std::vector<Filling> fillings = {{512, 1, 4}, {512, 1, 8}, {1024, 1, 4}, {512, 2, 4}};
  if (format == SpmvFormat::kFp32) fillings = {{512, 1, 4}, {256, 2, 4}};

  std::vector<SpmvTiling> tilings;
  std::int64_t fewest_blocks = 0;
  for (const Filling& filling : fillings) {
    SpmvTiling tiling;
    const std::int64_t shared =
        std::min(device.shared_bytes_per_block,
                 device.shared_bytes_per_multiprocessor / filling.blocks - kReservedPerBlock);
    tiling.block_columns = block_columns(columns, column_bytes, shared - kSumsBytes);
    if (tiling.block_columns == 0) continue;
    const std::int64_t blocks = (columns + tiling.block_columns - 1) / tiling.block_columns;
    if (fewest_blocks == 0) fewest_blocks = blocks;
    if (blocks > fewest_blocks) continue;  // two half blocks of threads would each bring all of x
    tiling.most_sums = kSumsBytes / (images * static_cast<std::int64_t>(sizeof(float)));
    tiling.loads = filling.loads;
    tiling.ranges = std::max(1, device.multiprocessors) * filling.blocks;
    const auto pieces = static_cast<double>(rows * blocks);
    const double groups = static_cast<double>(request.layer.weights.nonzeros()) / pieces / 4;
    const double pieces_per_range = pieces / static_cast<double>(tiling.ranges);
    tiling.lanes = spmv_lanes(pieces_per_range, groups, filling.threads, images);
    // Small layers: no more threads than have work, but some to bring x.
    const double busy = pieces_per_range * std::max(1.0, groups / 8 / tiling.lanes);
    tiling.threads = static_cast<int>(std::clamp<double>(128 * std::ceil(busy * tiling.lanes / 128), 256,
                                                         static_cast<double>(filling.threads)));
    tilings.push_back(tiling);
  }
  return tilings;
}

}  // namespace coppice::kernels
