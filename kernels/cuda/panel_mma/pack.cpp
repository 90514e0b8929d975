#include "kernels/cuda/panel_mma/pack.h"

#include <algorithm>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "kernels/cuda/packing/check_matrix.h"
#include "kernels/cuda/panel_mma/block_packer.h"

namespace coppice::kernels {

namespace {

void check(const Csr& matrix, const PanelTiling& tiling) {
  check_matrix(matrix, "panel-mma");
  const auto require = [](bool holds, const std::string& what) {
    if (!holds) throw std::invalid_argument("packing panels: " + what);
  };
  require(tiling.warps >= 1 && tiling.warps <= kPanelMostWarps, "a block has 1 to 16 warps");
  require(tiling.columns == 16 || tiling.columns == 64 || tiling.columns == 128,
          "a tile has 16, 64 or 128 images");
  require(tiling.slice_columns >= 8 && tiling.slice_columns <= kPanelMostSliceColumns &&
              tiling.slice_columns % 8 == 0,
          "a slice has 8, 16, ... 256 columns");
  require(tiling.parts >= 1, "no parts");
  const std::string refusal = panel_size_refusal(matrix.rows, matrix.columns, matrix.nonzeros(), tiling);
  require(refusal.empty(), refusal);
}

std::vector<PackedRowBlock> pack_blocks(const Csr& matrix, const RowPlan& rows, std::int64_t slice_columns) {
  std::vector<PackedRowBlock> blocks(static_cast<std::size_t>(rows.blocks));
  std::exception_ptr error;  // none may leave a parallel loop
#pragma omp parallel
  {
    try {
      RowBlockPacker packer(matrix, rows, slice_columns);
#pragma omp for schedule(dynamic)
      for (std::int64_t b = 0; b < rows.blocks; ++b) blocks[static_cast<std::size_t>(b)] = packer.pack(b);
    } catch (...) {
#pragma omp critical
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
  return blocks;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// The works of a block of rows, in about equal parts.
void append_works(PackedPanels& packed, const PackedRowBlock& block, std::uint32_t number) {
  const auto slices = static_cast<std::size_t>(block.slices);
  const auto first_record = static_cast<std::uint32_t>(packed.records.size() / 32);
  const auto first_list = static_cast<std::uint32_t>(packed.lists.size());
  const auto parts = std::clamp<std::size_t>(slices, 1, static_cast<std::size_t>(packed.tiling.parts));
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t begin = slices * part / parts, end = slices * (part + 1) / parts;
    PanelWork work = {};
    work.block = number;
    work.slices = static_cast<std::uint32_t>(end - begin);
    work.list_columns = static_cast<std::uint32_t>(block.list_columns);
    work.list = first_list + static_cast<std::uint32_t>(begin) * work.list_columns;
    work.from = static_cast<std::uint32_t>(packed.from.size());
    work.part = static_cast<std::uint32_t>(part);
    work.parts = static_cast<std::uint32_t>(parts);
    work.partial = static_cast<std::uint32_t>(packed.partials);
    for (std::size_t warp = 0; warp < static_cast<std::size_t>(packed.tiling.warps); ++warp) {
      for (std::size_t slice = begin; slice <= end; ++slice) {
        packed.from.push_back(first_record + block.from[warp * (slices + 1) + slice]);
      }
    }
    packed.work.push_back(work);
    packed.costs.push_back(std::accumulate(block.costs.begin() + static_cast<std::ptrdiff_t>(begin),
                                           block.costs.begin() + static_cast<std::ptrdiff_t>(end), 0.0));
  }
  if (parts > 1) packed.partials += static_cast<std::int64_t>(parts);
  packed.list_columns = std::max(packed.list_columns, block.list_columns);
  append(packed.lists, block.lists);
  append(packed.places, block.places);
  for (const PanelRecord& record : block.records)
    packed.records.insert(packed.records.end(), record.begin(), record.end());
}

void put_heaviest_first(PackedPanels& packed) {
  std::vector<std::size_t> order(packed.work.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return packed.costs[a] > packed.costs[b]; });
  std::vector<PanelWork> work;
  std::vector<double> costs;
  for (const std::size_t i : order) {
    work.push_back(packed.work[i]);
    costs.push_back(packed.costs[i]);
  }
  packed.work = std::move(work);
  packed.costs = std::move(costs);
}

}  // namespace

std::int64_t panel_shared_bytes(int warps, int columns, std::int64_t list_columns) {
  constexpr std::int64_t kFloat = sizeof(float);
  const std::int64_t ring = kPanelStages * list_columns * (2 * columns + kFloat);
  const std::int64_t sums = std::int64_t{kPanelRows} * warps * (columns + 8) * kFloat;
  return std::max(ring, sums);
}

std::int64_t PackedPanels::shared_bytes() const {
  return panel_shared_bytes(tiling.warps, tiling.columns, list_columns);
}

std::int64_t PackedPanels::bytes_read() const {
  return 4 * (std::ssize(records) + std::ssize(lists) + std::ssize(from)) + std::ssize(places) +
         std::ssize(work) * static_cast<std::int64_t>(sizeof(PanelWork));
}

std::string panel_size_refusal(std::int64_t rows, std::int64_t columns, std::int64_t nonzeros,
                               const PanelTiling& tiling) {
  constexpr std::int64_t kRows = std::int64_t{1} << 31, kIndices = std::int64_t{1} << 32;
  if (rows >= kRows || columns >= kRows) return "2^31 rows or columns, or more";
  if (nonzeros >= kIndices - kPanelRecordsAhead)
    return "2^32 nonzeros, or more";  // a record has one at least
  // Pieces of long rows may need as many slots again; half as many slices as needed come on top for balance.
  const std::int64_t blocks = 2 * rows / (kPanelRows * tiling.warps) + 2;
  const std::int64_t slices = columns / tiling.slice_columns * 3 / 2 + 2;
  if (blocks * (columns + 8 * slices) >= kIndices) return "2^32 columns of blocks of rows, or more";
  if (blocks * tiling.warps * (slices + tiling.parts) >= kIndices) return "2^32 slices of panels, or more";
  return {};
}

PackedPanels pack_panels(const Csr& matrix, const PanelTiling& tiling) {
  check(matrix, tiling);
  PackedPanels packed;
  packed.tiling = tiling;
  packed.rows = plan_rows(matrix, kPanelRows, tiling.warps, RowOrder::kBalanced);
  std::vector<PackedRowBlock> blocks = pack_blocks(matrix, packed.rows, tiling.slice_columns);
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    append_works(packed, blocks[b], static_cast<std::uint32_t>(b));
    blocks[b] = {};
  }
  put_heaviest_first(packed);
  // The kernel asks for more than it uses.
  packed.from.push_back(packed.from.back());
  packed.records.resize(packed.records.size() + 32 * kPanelRecordsAhead);
  packed.places.resize(packed.places.size() + kPanelRows * kPanelRecordsAhead);
  return packed;
}

std::vector<double> panel_mma_block_costs(const PackedPanels& packed) { return packed.costs; }

}  // namespace coppice::kernels
