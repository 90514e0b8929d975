#include "kernels/cuda/gather_fma/pack.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <span>
#include <stdexcept>
#include <utility>

#include "kernels/cuda/gather_fma/cost.h"
#include "kernels/cuda/packing/check_matrix.h"

namespace coppice::kernels {

namespace {

constexpr std::int64_t kMostIndex = std::int64_t{1} << 31;

int header_vectors(const GatherTiling& tiling) { return (tiling.warps + 3) / 4; }
int count_vectors(const GatherTiling& tiling) { return (tiling.warp_rows + 15) / 16; }
int vectors_without_entries(const GatherTiling& tiling) {
  return header_vectors(tiling) + tiling.warps * count_vectors(tiling) + kGatherVectorsBehind;
}

/// A nonzero of a block.
struct Entry {
  std::uint32_t slot;
  float value;
};

class Packer {
 public:
  Packer(const Csr& matrix, const GatherTiling& tiling)
      : matrix_(matrix), tiling_(tiling), per_column_(static_cast<std::size_t>(matrix.columns)) {
    packed_.tiling = tiling;
    packed_.plan = plan_rows(matrix, tiling.warp_rows, tiling.warps, RowOrder::kBalanced);
    counts_.resize(static_cast<std::size_t>(tiling.block_rows()));
  }

  PackedGather pack() && {
    for (std::int64_t block = 0; block < packed_.plan.blocks; ++block) {
      packed_.slices_from.push_back(static_cast<std::uint32_t>(packed_.slices.size()));
      sort_by_column(block);
      cut();
    }
    packed_.slices_from.push_back(static_cast<std::uint32_t>(packed_.slices.size()));
    for (int i = 0; i < 2; ++i) begin_slice();  // the last slice's end, and what the kernel sees behind it
    packed_.columns.resize(packed_.columns.size() + static_cast<std::size_t>(32 * tiling_.warps));
    packed_.order.resize(static_cast<std::size_t>(packed_.plan.blocks));
    std::iota(packed_.order.begin(), packed_.order.end(), 0u);
    std::vector<double> clocks;
    for (const std::uint32_t block : packed_.order) clocks.push_back(gather_row_block_clocks(packed_, block));
    std::stable_sort(packed_.order.begin(), packed_.order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return clocks[a] > clocks[b]; });
    return std::move(packed_);
  }

 private:
  std::span<const RowSlot> slots(std::int64_t block) const {
    const auto count = static_cast<std::size_t>(tiling_.block_rows());
    return std::span(packed_.plan.slots).subspan(static_cast<std::size_t>(block) * count, count);
  }

  /// The block's columns into used_, and their entries, by slot within each, into entries_.
  void sort_by_column(std::int64_t block) {
    std::fill(per_column_.begin(), per_column_.end(), 0u);
    std::size_t nonzeros = 0;
    for (const RowSlot& slot : slots(block)) {
      for_each_nonzero(matrix_, slot, [&](std::int64_t i) { ++per_column_[column(i)], ++nonzeros; });
    }
    used_.clear();
    begin_ = {0};
    std::uint32_t sum = 0;
    for (std::size_t c = 0; c < per_column_.size(); ++c) {
      if (per_column_[c] == 0) continue;
      used_.push_back(static_cast<std::uint32_t>(c));
      sum += std::exchange(per_column_[c], sum);  // from now on where its next entry goes
      begin_.push_back(sum);
    }
    entries_.resize(nonzeros);
    std::uint32_t number = 0;
    for (const RowSlot& slot : slots(block)) {
      for_each_nonzero(matrix_, slot, [&](std::int64_t i) {
        entries_[per_column_[column(i)]++] = {number, matrix_.value[static_cast<std::size_t>(i)]};
      });
      ++number;
    }
  }

  std::size_t column(std::int64_t nonzero) const {
    return static_cast<std::size_t>(matrix_.column[static_cast<std::size_t>(nonzero)]);
  }

  /// Slices of as many of the block's columns as they may have, fewer where there are too many entries.
  void cut() {
    std::size_t first = 0;
    int vectors = vectors_without_entries(tiling_);
    std::fill(counts_.begin(), counts_.end(), 0u);
    for (std::size_t c = 0; c < used_.size(); ++c) {
      int more = 0;
      for (std::uint32_t i = begin_[c]; i < begin_[c + 1]; ++i) more += counts_[entries_[i].slot] % 2 == 0;
      if (c - first == static_cast<std::size_t>(tiling_.slice_columns) ||
          vectors + more > tiling_.slice_vectors) {
        write(first, c);
        first = c;
        vectors = vectors_without_entries(tiling_);
        std::fill(counts_.begin(), counts_.end(), 0u);
        more = static_cast<int>(begin_[c + 1] - begin_[c]);
      }
      for (std::uint32_t i = begin_[c]; i < begin_[c + 1]; ++i) ++counts_[entries_[i].slot];
      vectors += more;
    }
    if (first < used_.size()) write(first, used_.size());
  }

  void begin_slice() {
    if (std::ssize(packed_.columns) >= kMostIndex || std::ssize(packed_.entries) >= kMostIndex) {
      throw std::invalid_argument("gather-fma: a packed matrix of 2^31 columns or vectors, or more");
    }
    packed_.slices.push_back({static_cast<std::uint32_t>(packed_.columns.size()),
                              static_cast<std::uint32_t>(packed_.entries.size())});
  }

  /// The slice of the columns used_[first, end), with counts_ entries of each slot.
  void write(std::size_t first, std::size_t end) {
    begin_slice();
    packed_.columns.insert(packed_.columns.end(), used_.begin() + static_cast<std::ptrdiff_t>(first),
                           used_.begin() + static_cast<std::ptrdiff_t>(end));
    const std::size_t begin = packed_.entries.size();
    std::uint32_t vectors = static_cast<std::uint32_t>(header_vectors(tiling_));
    const auto rows = static_cast<std::size_t>(tiling_.warp_rows);
    const auto counts = static_cast<std::uint32_t>(count_vectors(tiling_));
    next_.resize(counts_.size());  // where a slot's next entry goes, in words
    for (std::size_t slot = 0; slot < counts_.size(); ++slot) {
      if (slot % rows == 0) vectors += counts;
      next_[slot] = 4 * vectors;
      vectors += (counts_[slot] + 1) / 2;
    }
    packed_.entries.resize(begin + vectors + kGatherVectorsBehind);
    const auto word = [&](std::size_t i) -> std::uint32_t& {
      return packed_.entries[begin + i / 4].words[i % 4];
    };
    for (std::size_t slot = 0; slot < counts_.size(); ++slot) {
      const std::size_t in_warp = slot % rows, stream = next_[slot - in_warp] - 4 * counts;
      if (in_warp == 0) word(slot / rows) = static_cast<std::uint32_t>(stream / 4);
      word(stream + in_warp / 4) |= counts_[slot] << in_warp % 4 * 8;
    }
    for (std::size_t c = first; c < end; ++c) {
      for (std::uint32_t i = begin_[c]; i < begin_[c + 1]; ++i) {
        std::size_t& at = next_[entries_[i].slot];
        word(at) = std::bit_cast<std::uint32_t>(entries_[i].value);
        word(at + 1) = static_cast<std::uint32_t>(c - first);
        at += 2;
      }
    }
  }

  const Csr& matrix_;
  GatherTiling tiling_;
  PackedGather packed_;
  std::vector<std::uint32_t> per_column_, used_, begin_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> counts_;  ///< Of the slice that is being filled, by slot.
  std::vector<std::size_t> next_;
};

void check(const GatherTiling& t) {
  if (!gather_kernel_exists(t.warp_rows, t.lane_images) || t.warps < 1 || 32 * t.warps > kGatherMostThreads ||
      t.stages < 2 || t.stages > 3 || t.splits < 1 || t.splits > 64 || t.slice_columns < 1 ||
      t.slice_columns > std::min(kGatherMostSliceColumns, 32 * t.warps) ||
      t.slice_vectors < gather_least_vectors(t) || t.slice_vectors > 1 << 16) {
    throw std::invalid_argument("gather-fma: a tiling that cannot be");
  }
}

}  // namespace

bool gather_kernel_exists(int warp_rows, int lane_images) {
  switch (lane_images) {
    case 1: return warp_rows == 4 || warp_rows == 8 || warp_rows == 16;
    case 2: return warp_rows == 4 || warp_rows == 8 || warp_rows == 16 || warp_rows == 32;
    case 4: return warp_rows == 16;
    default: return false;
  }
}

int gather_least_vectors(const GatherTiling& tiling) {
  return vectors_without_entries(tiling) + tiling.block_rows();
}

std::int64_t gather_shared_bytes(const GatherTiling& tiling) {
  const std::int64_t column = tiling.lane_images * kGatherLaneBytes;
  return std::max(tiling.stages * (tiling.slice_columns * column + std::int64_t{16} * tiling.slice_vectors),
                  tiling.block_rows() * column + (tiling.splits > 1 ? 16 : 0));
}

std::int64_t PackedGather::bytes_read() const {
  const auto bytes = [](const auto& values) {
    return static_cast<std::int64_t>(values.size() * sizeof(values.front()));
  };
  return bytes(order) + bytes(slices_from) + bytes(slices) + bytes(columns) + bytes(entries);
}

PackedGather pack_gather(const Csr& matrix, const GatherTiling& tiling) {
  check(tiling);
  check_matrix(matrix, "gather-fma");
  const std::string refusal = gather_size_refusal(matrix.rows, matrix.columns, matrix.nonzeros(), 1);
  if (!refusal.empty()) throw std::invalid_argument("gather-fma: " + refusal);
  return Packer(matrix, tiling).pack();
}

std::string gather_size_refusal(std::int64_t rows, std::int64_t columns, std::int64_t nonzeros,
                                std::int64_t images) {
  if (rows >= kMostIndex || columns >= kMostIndex) return "2^31 rows or columns, or more";
  if (nonzeros >= kMostIndex) return "2^31 nonzeros or more";
  // The narrowest tiles of the smallest blocks.
  if ((rows / 16 + 1) * (images / 32 + 1) >= kMostIndex) return "2^31 blocks of threads or more";
  return "";
}

}  // namespace coppice::kernels
