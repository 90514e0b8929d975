#include "kernels/cuda/packed_spmv/pack.h"

#include <algorithm>
#include <bit>
#include <exception>
#include <stdexcept>

#include "kernels/cuda/bf16.h"
#include "kernels/cuda/packed_spmv/cut.h"
#include "kernels/cuda/packing/bank_order.h"
#include "kernels/cuda/packing/check_matrix.h"

namespace coppice::kernels {

namespace {

constexpr std::int64_t kSixteenBytes = 16;

void check(const Csr& matrix, const SpmvTiling& tiling) {
  check_matrix(matrix, "the SpMV");
  const auto require = [](bool holds, const char* what) {
    if (!holds) throw std::invalid_argument(std::string("packing for the SpMV: ") + what);
  };
  require(tiling.lanes == 4 || tiling.lanes == 8 || tiling.lanes == 16 || tiling.lanes == 32,
          "a team has 4, 8, 16 or 32 lanes");
  require(tiling.threads >= 32 && tiling.threads % 32 == 0, "threads come in warps");
  require(tiling.loads >= 1 && tiling.ranges >= 1 && tiling.most_sums < kSpmvPartial, "a tiling of no sense");
  require(
      tiling.block_columns >= 2 && tiling.block_columns <= kSpmvMostColumns && tiling.block_columns % 2 == 0,
      "a block has an even number of columns that 16 bits count");
  const std::string refusal = spmv_size_refusal(matrix.rows, matrix.columns, matrix.nonzeros(), tiling);
  require(refusal.empty(), refusal.c_str());
}

/// A range with its words, one piece behind the other; begins count from the range's first group.
struct PackedRange {
  std::vector<std::uint32_t> words;
  std::vector<float> values;
  std::vector<std::uint16_t> slots;
  std::vector<SpmvPiece> pieces;
  std::vector<std::uint32_t> rounds;
  std::vector<SpmvSplitRow> split_rows;
  std::int64_t groups = 0, sums = 0;
};

class RangePacker {
 public:
  RangePacker(const Csr& matrix, SpmvFormat format, std::int64_t images, const SpmvTiling& tiling)
      : matrix_(matrix),
        format_(format),
        tiling_(tiling),
        order_(banks_for(spmv_column_bytes(format, images))) {}

  PackedRange pack(const SpmvRange& range) {
    PackedRange packed;
    for (const auto& block : range.blocks) {
      for (const SpmvPart& part : block) {
        const auto team = static_cast<int>(std::ssize(packed.pieces) % tiling_.teams());
        packed.pieces.push_back({static_cast<std::uint32_t>(packed.groups), part.target});
        append(packed, part, team);
      }
      packed.rounds.push_back(static_cast<std::uint32_t>(std::ssize(packed.pieces) / tiling_.teams()));
    }
    packed.pieces.push_back({static_cast<std::uint32_t>(packed.groups), kSpmvNobody});
    packed.split_rows = range.split_rows;
    packed.sums = range.sums;
    return packed;
  }

 private:
  void append(PackedRange& packed, const SpmvPart& part, int team) {
    entries_.clear();
    for (auto i = static_cast<std::size_t>(part.first); i < static_cast<std::size_t>(part.last); ++i) {
      const std::int64_t column = matrix_.column[i] % tiling_.block_columns;
      const std::uint32_t slot = spmv_slot(format_, column, tiling_.block_columns);
      entries_.push_back({slot, matrix_.value[i], slot % static_cast<std::uint32_t>(order_.banks())});
    }
    order_.arrange(entries_, tiling_.lanes, team);
    const std::int64_t first = packed.groups * 4;
    packed.groups += part.groups();
    const auto size = static_cast<std::size_t>(packed.groups * 4);
    const auto zero = static_cast<std::uint16_t>(tiling_.block_columns);
    if (format_ == SpmvFormat::kBf16) {
      packed.words.resize(size, zero);
    } else {
      packed.values.resize(size, 0.0f);
      packed.slots.resize(size, zero);
    }
    for (std::int64_t i = 0; i < std::ssize(entries_); ++i) {
      const PackedEntry& entry = entries_[static_cast<std::size_t>(i)];
      const auto at = static_cast<std::size_t>(first + packed_position(i, part.groups(), tiling_.lanes));
      if (format_ == SpmvFormat::kBf16) {
        packed.words[at] = std::uint32_t{to_bf16(entry.value)} << 16 | entry.place;
      } else {
        packed.values[at] = entry.value;
        packed.slots[at] = static_cast<std::uint16_t>(entry.place);
      }
    }
  }

  const Csr& matrix_;
  SpmvFormat format_;
  const SpmvTiling& tiling_;
  BankOrder order_;
  std::vector<PackedEntry> entries_;
};

template <class T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

std::int64_t spmv_element_bytes(SpmvFormat format) { return format == SpmvFormat::kBf16 ? 2 : 4; }

std::int64_t spmv_word_bytes(SpmvFormat format) { return format == SpmvFormat::kBf16 ? 4 : 6; }

bool spmv_kernel_exists(SpmvFormat format, std::int64_t images, int threads, int loads) {
  const int group_bytes = static_cast<int>(4 * spmv_word_bytes(format));
  return (loads == 4 || (loads == 8 && format == SpmvFormat::kBf16)) && threads % 32 == 0 && threads >= 32 &&
         threads <= spmv_most_threads(group_bytes, spmv_padded_images(images), loads);
}

int spmv_padded_images(std::int64_t images) {
  if (images < 1 || images > 8) throw std::invalid_argument("the packed SpMV takes 1 to 8 images");
  return static_cast<int>(std::bit_ceil(static_cast<std::uint64_t>(images)));
}

std::int64_t spmv_column_bytes(SpmvFormat format, std::int64_t images) {
  return std::max<std::int64_t>(4, spmv_element_bytes(format) * spmv_padded_images(images));
}

std::uint32_t spmv_slot(SpmvFormat format, std::int64_t column, std::int64_t block_columns) {
  if (format == SpmvFormat::kFp32) return static_cast<std::uint32_t>(column);
  return static_cast<std::uint32_t>(column / 2 + column % 2 * (block_columns / 2));
}

std::string spmv_size_refusal(std::int64_t rows, std::int64_t columns, std::int64_t nonzeros,
                              const SpmvTiling& tiling) {
  constexpr std::int64_t kRows = std::int64_t{1} << 31, kGroups = (std::int64_t{1} << 32) - (1 << 20);
  if (rows >= kRows || columns >= kRows) return "2^31 rows or columns, or more";
  const std::int64_t blocks = (columns + tiling.block_columns - 1) / tiling.block_columns;
  if (blocks >= tiling.most_sums) return "more blocks of columns than the partial sums of a row";
  // A piece wastes at most part of a group, and there are at most as many as nonzeros; each row has its
  // blocks' pieces, and others only where they are full.
  const std::int64_t most_pieces = std::min(nonzeros, rows * blocks);
  if (nonzeros / 4 >= kGroups || nonzeros / 4 + most_pieces >= kGroups) return "2^34 nonzeros, or more";
  return {};
}

std::int64_t spmv_shared_bytes(SpmvFormat format, std::int64_t images, std::int64_t block_columns,
                               std::int64_t sums) {
  const std::int64_t padded = spmv_padded_images(images);
  const std::int64_t x = (block_columns + 1) * spmv_column_bytes(format, images);
  const std::int64_t aligned = (x + kSixteenBytes - 1) / kSixteenBytes * kSixteenBytes;
  return aligned + sums * padded * static_cast<std::int64_t>(sizeof(float));
}

std::int64_t PackedSpmv::bytes_read() const {
  std::int64_t rounds_in_all = 0;
  for (std::int64_t r = 1; r <= ranges; ++r) {
    rounds_in_all += rounds[static_cast<std::size_t>(r * column_blocks - 1)];
  }
  return groups * 4 * spmv_word_bytes(format) +
         rounds_in_all * tiling.teams() * static_cast<std::int64_t>(sizeof(SpmvPiece)) +
         std::ssize(rounds) * 4 + std::ssize(split_rows_from) * 4 +
         std::ssize(split_rows) * static_cast<std::int64_t>(sizeof(SpmvSplitRow));
}

PackedSpmv pack_spmv(const Csr& matrix, SpmvFormat format, std::int64_t images, const SpmvTiling& tiling) {
  check(matrix, tiling);
  PackedSpmv packed;
  packed.format = format;
  packed.tiling = tiling;
  const SpmvCut cut(matrix, tiling);
  packed.column_blocks = cut.column_blocks();
  packed.ranges = std::ssize(cut.bounds()) - 1;
  packed.split_rows_from = {0};
  std::vector<PackedRange> ranges(static_cast<std::size_t>(packed.ranges));
  const RangePacker packer(matrix, format, images, tiling);
  std::exception_ptr error;  // none may leave a parallel loop
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t r = 0; r < packed.ranges; ++r) {
    try {
      ranges[static_cast<std::size_t>(r)] = RangePacker(packer).pack(cut.range(r));
    } catch (...) {
#pragma omp critical
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
  for (const PackedRange& range : ranges) {
    packed.pieces_per_range =
        std::max(packed.pieces_per_range, std::ssize(range.pieces) + 2 * tiling.teams());
  }
  for (PackedRange& range : ranges) {
    for (SpmvPiece& piece : range.pieces) piece.begin += static_cast<std::uint32_t>(packed.groups);
    const SpmvPiece end = range.pieces.back();
    range.pieces.resize(static_cast<std::size_t>(packed.pieces_per_range), end);
    packed.groups += range.groups;
    packed.sums = std::max(packed.sums, range.sums);
    append(packed.pieces, range.pieces);
    append(packed.words, range.words);
    append(packed.values, range.values);
    append(packed.slots, range.slots);
    append(packed.rounds, range.rounds);
    append(packed.split_rows, range.split_rows);
    packed.split_rows_from.push_back(static_cast<std::uint32_t>(packed.split_rows.size()));
    range = {};
  }
  return packed;
}

}  // namespace coppice::kernels
