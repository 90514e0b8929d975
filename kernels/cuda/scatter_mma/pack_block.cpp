#include "kernels/cuda/scatter_mma/pack_block.h"

#include <algorithm>
#include <numeric>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/packing/bank_order.h"

namespace coppice::kernels {

namespace {

constexpr int kLanes = 32, kBanks = 32;

std::int64_t groups_of(std::int64_t words) { return (words + 3) / 4; }

class BlockPacker {
 public:
  BlockPacker(const Csr& matrix, const RowPlan& rows, std::int64_t block, bool images_last,
              const ScatterTiling& tiling)
      : matrix_(matrix),
        rows_(rows),
        slots_(rows.slots.data() + block * rows.block_slots()),
        images_last_(images_last),
        tiling_(tiling),
        warps_(static_cast<std::size_t>(tiling.warps)) {}

  ScatterBlock pack() {
    list_columns();
    sort_into_lists();
    for (std::size_t at = 0; at < steps_; ++at) {
      const std::int64_t slices = slices_for(at);
      for (std::int64_t i = 0; i < slices; ++i) add_slice(at, i, slices);
    }
    return std::move(packed_);
  }

 private:
  /// use(warp, row of its tile, place in the matrix's arrays) for all nonzeros of the block.
  template <class Use>
  void for_each(const Use& use) const {
    for (std::size_t warp = 0; warp < warps_; ++warp) {
      for (std::uint32_t row = 0; row < static_cast<std::uint32_t>(tiling_.warp_rows()); ++row) {
        const RowSlot& slot = slots_[warp * static_cast<std::size_t>(tiling_.warp_rows()) + row];
        for_each_nonzero(matrix_, slot, [&](std::int64_t i) { use(warp, row, static_cast<std::size_t>(i)); });
      }
    }
  }

  /// Where each column of the matrix stands among those that are multiplied.
  void list_columns() {
    std::size_t columns = static_cast<std::size_t>(matrix_.columns);
    if (images_last_) {
      position_.assign(columns, 0);
      for_each([&](std::size_t, std::uint32_t, std::size_t i) {
        position_[static_cast<std::size_t>(matrix_.column[i])] = 1;
      });
      for (std::size_t c = 0; c < columns; ++c) {
        if (position_[c])
          position_[c] = static_cast<std::uint32_t>(used_.size()),
          used_.push_back(static_cast<std::uint32_t>(c));
      }
      columns = used_.size();
    }
    steps_ = (columns + kScatterColumns - 1) / kScatterColumns;
    used_.resize(images_last_ ? steps_ * kScatterColumns : 0, kScatterNoColumn);
  }

  std::uint32_t position(std::size_t i) const {
    const auto column = static_cast<std::uint32_t>(matrix_.column[i]);
    return images_last_ ? position_[column] : column;
  }

  /// A list for each 64 columns and warp.
  void sort_into_lists() {
    const auto list = [&](std::size_t warp, std::size_t i) {
      return position(i) / kScatterColumns * warps_ + warp;
    };
    lists_from_.assign(steps_ * warps_ + 1, 0);
    for_each([&](std::size_t warp, std::uint32_t, std::size_t i) { ++lists_from_[list(warp, i) + 1]; });
    std::partial_sum(lists_from_.begin(), lists_from_.end(), lists_from_.begin());
    entries_.resize(static_cast<std::size_t>(lists_from_.back()));
    std::vector<std::int64_t> next(lists_from_.begin(), lists_from_.end() - 1);
    for_each([&](std::size_t warp, std::uint32_t row, std::size_t i) {
      const std::uint32_t place = scatter_place(row, position(i) % kScatterColumns);
      entries_[static_cast<std::size_t>(next[list(warp, i)]++)] = {place, matrix_.value[i],
                                                                   place / 4 % kBanks};
    });
  }

  /// What slice `slice` of `slices` has of a list.
  struct Range {
    std::int64_t begin, end;
  };
  Range range(std::size_t step, std::size_t warp, std::int64_t slice, std::int64_t slices) const {
    const std::int64_t from = lists_from_[step * warps_ + warp];
    const std::int64_t length = lists_from_[step * warps_ + warp + 1] - from;
    return {from + length * slice / slices, from + length * (slice + 1) / slices};
  }

  /// As few as stages can hold; none without nonzeros.
  std::int64_t slices_for(std::size_t step) const {
    if (lists_from_[step * warps_] == lists_from_[(step + 1) * warps_]) return 0;
    for (std::int64_t slices = 1;; ++slices) {
      std::int64_t most = 0;
      for (std::int64_t slice = 0; slice < slices; ++slice) {
        std::int64_t groups = tiling_.header_groups();
        for (std::size_t warp = 0; warp < warps_; ++warp) {
          const Range words = range(step, warp, slice, slices);
          groups += groups_of(words.end - words.begin);
        }
        most = std::max(most, groups);
      }
      if (most <= tiling_.stage_groups) return slices;
    }
  }

  void add_slice(std::size_t step, std::int64_t slice, std::int64_t slices) {
    const auto first_column = static_cast<std::uint32_t>(step * kScatterColumns);
    packed_.slices.push_back(
        {static_cast<std::uint32_t>(packed_.words.size() / 4), images_last_ ? 0 : first_column});
    if (images_last_) {
      const auto from = used_.begin() + first_column;
      packed_.columns.insert(packed_.columns.end(), from, from + kScatterColumns);
    }
    const std::size_t header = packed_.words.size();
    packed_.words.resize(header + static_cast<std::size_t>(4 * tiling_.header_groups()), 0);
    const auto note = [&](std::size_t warp) {
      const std::size_t group = (packed_.words.size() - header) / 4;
      packed_.words[header + warp / 2] |= static_cast<std::uint32_t>(group) << warp % 2 * 16;
    };
    for (std::size_t warp = 0; warp < warps_; ++warp) {
      note(warp);
      const Range words = range(step, warp, slice, slices);
      list_.assign(entries_.begin() + words.begin, entries_.begin() + words.end);
      add_list();
    }
    note(warps_);
  }

  void add_list() {
    order_.arrange(list_, kLanes, 0);
    const std::size_t from = packed_.words.size();
    const std::int64_t groups = groups_of(std::ssize(list_));
    std::vector<bool> taken(static_cast<std::size_t>(4 * groups));
    packed_.words.resize(from + taken.size());
    for (std::int64_t i = 0; i < std::ssize(list_); ++i) {
      const PackedEntry& entry = list_[static_cast<std::size_t>(i)];
      const auto at = static_cast<std::size_t>(packed_position(i, groups, kLanes));
      packed_.words[from + at] = std::uint32_t{to_bf16(entry.value)} << 16 | entry.place;
      taken[at] = true;
    }
    for (std::size_t at = 0; at < taken.size(); ++at) {  // the first of a group is always there
      if (!taken[at]) packed_.words[from + at] = packed_.words[from + at / 4 * 4];
    }
  }

  const Csr& matrix_;
  const RowPlan& rows_;
  const RowSlot* slots_;
  bool images_last_;
  const ScatterTiling& tiling_;
  std::size_t warps_, steps_ = 0;
  std::vector<std::uint32_t> position_, used_;
  std::vector<std::int64_t> lists_from_;  ///< [steps][warps] into entries_, and the end.
  std::vector<PackedEntry> entries_, list_;
  BankOrder order_{kBanks};
  ScatterBlock packed_;
};

}  // namespace

ScatterBlock pack_scatter_block(const Csr& matrix, const RowPlan& rows, std::int64_t block, bool images_last,
                                const ScatterTiling& tiling) {
  return BlockPacker(matrix, rows, block, images_last, tiling).pack();
}

}  // namespace coppice::kernels
