#include "kernels/cuda/scatter_mma/pack.h"

#include <algorithm>
#include <exception>
#include <numeric>
#include <stdexcept>

#include "kernels/cuda/packing/check_matrix.h"
#include "kernels/cuda/scatter_mma/cost.h"
#include "kernels/cuda/scatter_mma/pack_block.h"
#include "kernels/cuda/scatter_mma/share.h"

namespace coppice::kernels {

namespace {

void check(const ScatterTiling& tiling) {
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(std::string("packing for scatter-mma: ") + what);
  };
  require(tiling.row_tiles == 1 || tiling.row_tiles == 2 || tiling.row_tiles == 4,
          "a warp owns 16, 32 or 64 rows");
  require(tiling.warps >= 1 && tiling.teams >= 1 && tiling.threads() <= static_cast<int>(kScatterMostThreads),
          "too many or too few warps");
  require(tiling.stages >= 2 && tiling.stages <= static_cast<int>(kScatterMostStages),
          "no such number of stages");
  require(tiling.stage_groups >= tiling.header_groups() + tiling.warps && tiling.stage_groups < 65536,
          "a stage holds its header, a group for each warp, and what 16 bits count");
  require(tiling.multiprocessors >= 1 && tiling.sharing >= 1 && tiling.parts >= 0, "nobody works");
}

std::int64_t round_up(std::int64_t value, std::int64_t to) { return (value + to - 1) / to * to; }

std::int64_t pitch(int padded_images) { return padded_images + 4; }  // ScatterSums::kPitch

template <class T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

double cost_of(const PackedScatter& packed, const ScatterPart& part) {
  const ScatterCost cost(packed.tiling, packed.padded_images);
  double sum = cost.part(part.parts > 1);
  for (std::uint32_t slice = part.first; slice < part.end; ++slice)
    sum += cost.slice(packed.slice_groups(slice));
  return sum;
}

/// `slices_from`: where those of each row block begin, and the end.
void share_out(PackedScatter& packed, const std::vector<std::uint32_t>& slices_from) {
  const ScatterCost cost(packed.tiling, packed.padded_images);
  std::vector<std::vector<double>> costs(slices_from.size() - 1);
  for (std::size_t block = 0; block < costs.size(); ++block) {
    for (std::uint32_t slice = slices_from[block]; slice < slices_from[block + 1]; ++slice) {
      costs[block].push_back(cost.slice(packed.slice_groups(slice)));
    }
  }
  const ScatterShares shares = share_slices(costs, packed.tiling, cost);
  for (std::size_t block = 0; block < costs.size(); ++block) {
    const std::vector<std::uint32_t>& bounds = shares.bounds[block];
    const auto parts = static_cast<std::uint32_t>(bounds.size() - 1);
    for (std::uint32_t part = 0; part < parts; ++part) {
      packed.parts.push_back({static_cast<std::uint32_t>(block), slices_from[block] + bounds[part],
                              slices_from[block] + bounds[part + 1], part, parts,
                              static_cast<std::uint32_t>(packed.partials)});
    }
    if (parts > 1) packed.partials += parts;
  }
  std::vector<std::pair<double, std::size_t>> order;
  for (const ScatterPart& part : packed.parts) order.emplace_back(-cost_of(packed, part), order.size());
  std::sort(order.begin(), order.end());
  std::vector<ScatterPart> sorted;
  for (const auto& [less, at] : order) sorted.push_back(packed.parts[at]);
  packed.parts = std::move(sorted);
}

void add_starts(PackedScatter& packed) {
  for (const ScatterPart& part : packed.parts) {
    for (std::int64_t i = 0; i < packed.starts_of_part(); ++i) {
      packed.starts.push_back(
          packed.slices[static_cast<std::size_t>(std::min<std::int64_t>(part.first + i, part.end))]);
    }
  }
}

}  // namespace

int scatter_padded_images(std::int64_t images) {
  if (images < 9 || images > 64) throw std::invalid_argument("scatter-mma takes 9 to 64 images");
  return static_cast<int>(round_up(images, 16));
}

std::int64_t scatter_x_bytes(int padded_images, bool images_last) {
  const std::int64_t row = images_last && padded_images <= 32 ? 2 * padded_images : 128;
  return row * (images_last ? std::int64_t{kScatterColumns} : padded_images);
}

std::int64_t scatter_stage_bytes(const ScatterTiling& tiling, int padded_images, bool images_last) {
  return scatter_x_bytes(padded_images, images_last) + round_up(tiling.stage_groups * 16, 128);
}

std::int64_t scatter_flag(const ScatterTiling& tiling, int padded_images, bool images_last) {
  const std::int64_t tiles = std::int64_t{tiling.block_rows()} * 128;
  const std::int64_t stages = tiling.stages * scatter_stage_bytes(tiling, padded_images, images_last);
  return tiling.teams * std::max(tiles + stages, tiling.block_rows() * pitch(padded_images) * 4);
}

std::int64_t scatter_shared_bytes(const ScatterTiling& tiling, int padded_images, bool images_last) {
  return scatter_flag(tiling, padded_images, images_last) + 16;
}

std::int64_t scatter_partial_bytes(const ScatterTiling& tiling, int padded_images, std::int64_t partials) {
  return partials * tiling.block_rows() * padded_images * 4;
}

std::string scatter_size_refusal(std::int64_t rows, std::int64_t columns, std::int64_t nonzeros) {
  constexpr std::int64_t kRows = std::int64_t{1} << 31, kNonzeros = std::int64_t{1} << 31;
  if (rows >= kRows || columns >= kRows) return "2^31 rows or columns, or more";
  // With a nonzero a word at least, and none a group at most: groups, slices and partial sums are counted.
  return nonzeros >= kNonzeros ? "2^31 nonzeros, or more" : "";
}

std::int64_t PackedScatter::bytes_read() const {
  return std::ssize(words) * 4 + std::ssize(slices) * static_cast<std::int64_t>(sizeof(ScatterSlice)) +
         std::ssize(starts) * static_cast<std::int64_t>(sizeof(ScatterSlice)) + std::ssize(columns) * 4 +
         std::ssize(parts) * static_cast<std::int64_t>(sizeof(ScatterPart));
}

PackedScatter pack_scatter(const Csr& matrix, std::int64_t images, bool images_last, RowOrder order,
                           const ScatterTiling& tiling) {
  check_matrix(matrix, "scatter-mma");
  check(tiling);
  const std::string refusal = scatter_size_refusal(matrix.rows, matrix.columns, matrix.nonzeros());
  if (!refusal.empty()) throw std::invalid_argument("packing for scatter-mma: " + refusal);
  PackedScatter packed;
  packed.tiling = tiling;
  packed.padded_images = scatter_padded_images(images);
  packed.images_last = images_last;
  packed.rows = plan_rows(matrix, tiling.warp_rows(), tiling.warps, order);
  std::vector<ScatterBlock> blocks(static_cast<std::size_t>(packed.rows.blocks));
  std::exception_ptr error;  // none may leave a parallel loop
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t b = 0; b < packed.rows.blocks; ++b) {
    try {
      blocks[static_cast<std::size_t>(b)] = pack_scatter_block(matrix, packed.rows, b, images_last, tiling);
    } catch (...) {
#pragma omp critical
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
  std::vector<std::uint32_t> slices_from = {0};
  for (ScatterBlock& block : blocks) {
    const auto begin = static_cast<std::uint32_t>(packed.words.size() / 4);
    for (ScatterSlice& slice : block.slices) slice.begin += begin;
    append(packed.words, block.words);
    append(packed.slices, block.slices);
    append(packed.columns, block.columns);
    slices_from.push_back(static_cast<std::uint32_t>(packed.slices.size()));
    block = {};
  }
  packed.slices.push_back({static_cast<std::uint32_t>(packed.words.size() / 4), 0});
  share_out(packed, slices_from);
  add_starts(packed);
  return packed;
}

std::vector<double> scatter_mma_block_costs(const PackedScatter& packed) {
  std::vector<double> costs;
  for (const ScatterPart& part : packed.parts) costs.push_back(cost_of(packed, part));
  return costs;
}

}  // namespace coppice::kernels
