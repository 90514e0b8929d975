#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/packed_spmv/problem.h"
#include "kernels/layer.h"

namespace coppice::kernels {

/// How a matrix is cut.
struct SpmvTiling {
  int threads = 1024;              ///< Of a block: a multiple of 32.
  int lanes = 32;                  ///< Of a team, which works on one piece: 4, 8, 16 or 32.
  int loads = 4;                   ///< Groups that a lane has under way at once; the packing is the same.
  std::int64_t block_columns = 2;  ///< Of x in shared memory at a time: even, at most kSpmvMostColumns.
  std::int64_t ranges = 1;         ///< Of rows, a block of threads for each; more where sums would not fit.
  std::int64_t most_sums = 1;      ///< Partial sums that a range may have; more than there are column blocks.

  int teams() const { return threads / lanes; }
  bool operator==(const SpmvTiling&) const = default;
};
/// What 16 bits count, less the slot that holds 0, and even.
inline constexpr std::int64_t kSpmvMostColumns = 65534;

enum class SpmvFormat { kBf16, kFp32 };
std::int64_t spmv_element_bytes(SpmvFormat format);  ///< Of an element of x.
std::int64_t spmv_word_bytes(SpmvFormat format);     ///< Of a nonzero.

/// Loads under way and threads of a block for which there is a kernel.
bool spmv_kernel_exists(SpmvFormat format, std::int64_t images, int threads, int loads);

/// Images as shared memory holds them side by side: 1, 2, 4 or 8.
int spmv_padded_images(std::int64_t images);

/// Of one column in shared memory: all images, in the precision of x; one image of bf16 as float, which saves
/// an instruction for each nonzero.
std::int64_t spmv_column_bytes(SpmvFormat format, std::int64_t images);

/// Where a column (within its block) lies in shared memory. bf16: even columns first, so that a thread that
/// reads two columns at once writes them without bank conflicts.
std::uint32_t spmv_slot(SpmvFormat format, std::int64_t column, std::int64_t block_columns);

/// A matrix on the host as the kernel reads it.
struct PackedSpmv {
  SpmvFormat format = SpmvFormat::kBf16;
  SpmvTiling tiling;
  std::int64_t ranges = 0, column_blocks = 0, pieces_per_range = 0, groups = 0;
  std::int64_t sums = 0;             ///< The most partial sums of any range.
  std::vector<std::uint32_t> words;  ///< bf16
  std::vector<float> values;         ///< fp32
  std::vector<std::uint16_t> slots;  ///< fp32
  std::vector<SpmvPiece> pieces;     ///< Two rounds without work end each range: the kernel looks ahead.
  std::vector<std::uint32_t> rounds, split_rows_from;
  std::vector<SpmvSplitRow> split_rows;

  std::int64_t bytes_read() const;  ///< By one run of the kernel.
};

/// `images` decides in which order a piece's words stand (packing/bank_order.h). Throws std::invalid_argument
/// for a matrix or tiling that is none, or that spmv_size_refusal() refuses.
PackedSpmv pack_spmv(const Csr& matrix, SpmvFormat format, std::int64_t images, const SpmvTiling& tiling);

/// Why a matrix of such sizes cannot be packed: indices on the device have 32 bits. Empty where it can.
std::string spmv_size_refusal(std::int64_t rows, std::int64_t columns, std::int64_t nonzeros,
                              const SpmvTiling& tiling);

/// Bytes of shared memory: the columns of x, the slot that holds 0, and the partial sums.
std::int64_t spmv_shared_bytes(SpmvFormat format, std::int64_t images, std::int64_t block_columns,
                               std::int64_t sums);

}  // namespace coppice::kernels
