#include "kernels/cpu/offset_spmm/pack.h"

#include <algorithm>

namespace coppice::kernels {

// Row boundaries with nearly equal numbers of nonzeros (and a little for each row) between them.
static std::vector<std::int64_t> share_rows(const Csr& weights, std::int64_t groups) {
  constexpr std::int64_t kRowCost = 4;  // in nonzeros
  const std::int64_t total = weights.nonzeros() + kRowCost * weights.rows;
  groups = std::clamp<std::int64_t>(groups, 1, std::max<std::int64_t>(weights.rows, 1));
  std::vector<std::int64_t> begin = {0};
  for (std::int64_t row = 1; row < weights.rows; ++row) {
    const auto done = static_cast<std::int64_t>(begin.size());
    if (done < groups && (weights.begin[row] + kRowCost * row) * groups >= total * done) begin.push_back(row);
  }
  begin.push_back(weights.rows);
  return begin;
}

PackOptions blocks_of_channels(const LayerShape& shape, std::int64_t block_bytes,
                               std::int64_t channel_bytes) {
  const std::int64_t most = block_bytes > 0 ? block_bytes / channel_bytes : shape.channels;
  const auto begin = even_pieces(shape.channels, std::max<std::int64_t>(most, 1));
  PackOptions options;
  options.blocks = static_cast<std::int64_t>(begin.size()) - 1;
  std::vector<std::int64_t> block_of_channel;
  for (std::int64_t b = 0; b < options.blocks; ++b) block_of_channel.resize(begin[b + 1], b);
  options.block_of = [block_of_channel, window = shape.kernel_height * shape.kernel_width](
                         std::int64_t column) { return block_of_channel[column / window]; };
  return options;
}

std::int64_t tap_cells(const LayerShape& shape, const Activations& in, std::int64_t column) {
  const std::int64_t window = shape.kernel_height * shape.kernel_width;
  const std::int64_t ky = column % window / shape.kernel_width, kx = column % shape.kernel_width;
  return column / window * in.plane() + (ky * in.pitch() + kx) * shape.dilation;
}

PackedRows pack_rows(const Csr& weights, const PackOptions& options) {
  PackedRows packed;
  packed.blocks = std::max<std::int64_t>(options.blocks, 1);
  packed.group_row = share_rows(weights, options.groups);
  packed.entries.reserve(weights.value.size());
  std::vector<std::int64_t> next(weights.begin.begin(),
                                 weights.begin.end() - 1);  // of each row: not yet packed
  for (std::int64_t group = 0; group < packed.groups(); ++group) {
    const std::int64_t first = packed.group_row[group];
    for (std::int64_t block = 0; block < packed.blocks; ++block) {
      packed.panel_entry.push_back(static_cast<std::int64_t>(packed.entries.size()));
      packed.panel_row.push_back(static_cast<std::int64_t>(packed.rows.size()));
      for (std::int64_t row = first; row < packed.group_row[group + 1]; ++row) {
        std::int64_t end = next[row];
        while (end < weights.begin[row + 1] && options.block_of(weights.column[end]) <= block) ++end;
        // Sums begin in the first block and end in the last; between them a row without entries has no work.
        if (end > next[row] || block == 0 || block + 1 == packed.blocks) {
          packed.rows.push_back(
              {static_cast<std::uint32_t>(row - first), static_cast<std::uint32_t>(end - next[row])});
        }
      }
      const auto panel = packed.rows.begin() + packed.panel_row.back();
      std::stable_sort(panel, packed.rows.end(),
                       [](const PanelRow& a, const PanelRow& b) { return a.count > b.count; });
      for (auto row = panel; row != packed.rows.end(); ++row) {
        std::int64_t& i = next[first + row->row];
        for (std::uint32_t n = 0; n < row->count; ++n, ++i) {
          const std::int64_t column = weights.column[i];
          packed.entries.push_back(
              {weights.value[i], static_cast<std::uint32_t>(options.offset_bytes(column))});
        }
      }
    }
  }
  packed.panel_row.push_back(static_cast<std::int64_t>(packed.rows.size()));
  return packed;
}

std::int64_t PackedRows::bytes() const {
  return static_cast<std::int64_t>(entries.size() * sizeof(Entry) + rows.size() * sizeof(PanelRow));
}

Panel PackedRows::panel(std::int64_t group, std::int64_t block) const {
  const std::int64_t at = group * blocks + block;
  Panel panel;
  panel.entries = entries.data() + panel_entry[at];
  panel.rows = rows.data() + panel_row[at];
  panel.row_count = panel_row[at + 1] - panel_row[at];
  return panel;
}

std::vector<std::int64_t> even_pieces(std::int64_t total, std::int64_t most) {
  const std::int64_t pieces = std::max<std::int64_t>((total + most - 1) / most, 1);
  std::vector<std::int64_t> begin;
  for (std::int64_t i = 0; i <= pieces; ++i) begin.push_back(total * i / pieces);
  return begin;
}

}  // namespace coppice::kernels
