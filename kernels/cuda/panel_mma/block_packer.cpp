#include "kernels/cuda/panel_mma/block_packer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace coppice::kernels {

namespace {

// Accesses to shared memory, for a tile of 128 images: see panel_mma_block_costs.
constexpr double kAccessesOfEightRows = 16, kAccessesOfARecord = 4, kAccessesOfARowBrought = 2;
constexpr double kShareOfAWarp = 0.25;

}  // namespace

RowBlockPacker::RowBlockPacker(const Csr& matrix, const RowPlan& rows, std::int64_t slice_columns)
    : matrix_(matrix),
      rows_(rows),
      slice_columns_(slice_columns),
      panels_of_(static_cast<std::size_t>(matrix.columns)),
      place_of_(static_cast<std::size_t>(matrix.columns)) {}

const RowSlot* RowBlockPacker::slots_of(std::int64_t block, int panel) const {
  return rows_.slots.data() + (block * rows_.teams + panel) * kPanelRows;
}

void RowBlockPacker::find_columns(std::int64_t block) {
  columns_.clear();
  for (int panel = 0; panel < rows_.teams; ++panel) {
    for (int i = 0; i < kPanelRows; ++i) {
      for_each_nonzero(matrix_, slots_of(block, panel)[i], [&](std::int64_t at) {
        const auto column = static_cast<std::uint32_t>(matrix_.column[static_cast<std::size_t>(at)]);
        if (panels_of_[column] == 0) columns_.push_back({column, 0});
        panels_of_[column] |= 1u << panel;
      });
    }
  }
  std::sort(columns_.begin(), columns_.end(),
            [](const PanelColumn& a, const PanelColumn& b) { return a.column < b.column; });
  for (PanelColumn& c : columns_) c.panels = std::exchange(panels_of_[c.column], 0);
}

void RowBlockPacker::read_panel(std::int64_t block, int panel) {
  entries_.clear();
  const auto list_columns = static_cast<std::uint32_t>(slices_.list_columns);
  for (std::uint32_t row = 0; row < kPanelRows; ++row) {
    for_each_nonzero(matrix_, slots_of(block, panel)[row], [&](std::int64_t at) {
      const auto i = static_cast<std::size_t>(at);
      const std::uint32_t everywhere = place_of_[static_cast<std::size_t>(matrix_.column[i])];
      const std::uint64_t slice = everywhere / list_columns;
      const std::uint32_t place = everywhere % list_columns;
      entries_.push_back({slice << 16 | place % 8 << 8 | place, row, to_bf16(matrix_.value[i])});
    });
  }
  std::sort(entries_.begin(), entries_.end());
}

/// The columns of a panel and slice, which come residue by residue, are dealt out to groups of eight in turn:
/// so no group has two of one residue unless there are more of it than groups. What fills up a group repeats
/// one of its columns, which costs nothing to read.
double RowBlockPacker::pack_slice(Entries begin, Entries end, PackedRowBlock& packed) {
  std::vector<std::uint8_t> used;
  for (Entries e = begin; e != end; ++e) {
    if (e == begin || (e - 1)->slice_residue_place != e->slice_residue_place)
      used.push_back(static_cast<std::uint8_t>(e->slice_residue_place & 0xff));
  }
  const std::size_t blocks = (used.size() + kPanelRows - 1) / kPanelRows, groups = 2 * blocks;
  // In the order of the groups at first.
  const auto column_of = [&](std::size_t index) { return index % groups % 2 * 8 + index / groups; };
  const auto each_entry = [&](const auto& use) {
    std::size_t index = 0;
    for (Entries e = begin; e != end; ++e) {
      if (e != begin && (e - 1)->slice_residue_place != e->slice_residue_place) ++index;
      use(*e, index % groups / 2, column_of(index));
    }
  };
  std::vector<std::array<std::uint16_t, kPanelRows>> rows(blocks);
  each_entry([&](const Entry& e, std::size_t block, std::size_t column) {
    rows[block][column] = static_cast<std::uint16_t>(rows[block][column] | 1u << e.row);
  });
  std::vector<std::array<std::uint8_t, kPanelRows>> spread(blocks);
  std::transform(rows.begin(), rows.end(), spread.begin(), spread_columns);
  std::vector<PanelBlock> weights(blocks);
  each_entry([&](const Entry& e, std::size_t block, std::size_t column) {
    weights[block].put(static_cast<int>(e.row), spread[block][column], e.value);
  });

  double cost = 0;
  for (std::size_t b = 0; b < blocks; ++b) {
    std::array<std::uint8_t, kPanelRows> places;
    for (std::size_t half = 0; half < 2; ++half) {
      const std::size_t group = 2 * b + half;
      std::array<int, 8> of_residue = {};
      for (std::size_t i = 0; i < 8; ++i) {
        const bool there = group + i * groups < used.size();
        const std::size_t from = there ? group + i * groups : group < used.size() ? group : 0;
        places[spread[b][8 * half + i]] = used[from];
        if (there) ++of_residue[used[from] % 8];
      }
      cost += kAccessesOfEightRows * std::max(1, *std::max_element(of_residue.begin(), of_residue.end()));
    }
    for (const PanelRecord& record : panel_records(weights[b])) {
      packed.records.push_back(record);
      packed.places.insert(packed.places.end(), places.begin(), places.end());
      cost += kAccessesOfARecord;
    }
  }
  return cost;
}

PackedRowBlock RowBlockPacker::pack(std::int64_t block) {
  find_columns(block);
  slices_ = panel_slices(columns_, rows_.teams, slice_columns_);
  for (std::size_t i = 0; i < columns_.size(); ++i) place_of_[columns_[i].column] = slices_.place[i];
  PackedRowBlock packed;
  packed.slices = slices_.slices;
  packed.list_columns = slices_.list_columns;
  packed.lists = std::move(slices_.lists);
  const auto slices = static_cast<std::size_t>(packed.slices);
  std::vector<double> all(slices), most(slices);
  for (int panel = 0; panel < rows_.teams; ++panel) {
    read_panel(block, panel);
    Entries at = entries_.begin();
    for (std::size_t slice = 0; slice < slices; ++slice) {
      packed.from.push_back(static_cast<std::uint32_t>(packed.records.size()));
      const Entries begin = at;
      while (at != entries_.end() && at->slice_residue_place >> 16 == slice) ++at;
      const double cost = pack_slice(begin, at, packed);
      all[slice] += cost;
      most[slice] = std::max(most[slice], cost);
    }
    packed.from.push_back(static_cast<std::uint32_t>(packed.records.size()));
  }
  for (std::size_t slice = 0; slice < slices; ++slice) {
    packed.costs.push_back(std::max(all[slice], most[slice] / kShareOfAWarp) +
                           kAccessesOfARowBrought * static_cast<double>(packed.list_columns));
  }
  return packed;
}

}  // namespace coppice::kernels
