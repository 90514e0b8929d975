#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/layer.h"

namespace coppice::kernels {

enum class SparseFormat {
  kCsr,
  kSlicedEll,   ///< Slices of rows, by columns, each padded to its longest row (column -1, value 0).
  kBsr,         ///< Dense blocks by rows of blocks, each block by rows.
  kBlockedEll,  ///< As many blocks in every row of blocks (-1 where there is none), as one [rows][..] matrix.
};

struct SparseShape {
  SparseFormat format = SparseFormat::kCsr;
  std::int64_t rows = 0, columns = 0, nonzeros = 0;
  std::int64_t size = 1;     ///< Rows of a slice, or of a block, which is square.
  std::int64_t stored = 0;   ///< Values, with padding.
  std::string text() const;  ///< "CSR", "sliced ELLPACK, 32 rows a slice"
};

/// A matrix as cuSPARSE takes it.
struct SparseArrays {
  SparseShape shape;
  std::vector<std::int32_t> begin;   ///< Of each row, slice (in values) or row of blocks (in blocks); none in
                                     ///< blocked ELLPACK.
  std::vector<std::int32_t> column;  ///< Of values or blocks.
  std::vector<float> value;
};

/// These throw CudaError where the format would need more than 2^31 - 1 values.
SparseArrays csr_arrays(const Csr& matrix);
SparseArrays sliced_ell_arrays(const Csr& matrix, std::int64_t slice_rows);
/// The matrix' rows and columns are multiples of the block's.
SparseArrays bsr_arrays(const Csr& matrix, std::int64_t block);
SparseArrays blocked_ell_arrays(const Csr& matrix, std::int64_t block);

/// The columns of the blocks with a nonzero, ascending, for each row of blocks.
std::vector<std::vector<std::int32_t>> occupied_blocks(const Csr& matrix, std::int64_t block);

/// Values that the block formats would store; 0 where rows or columns are no multiples of the block's.
std::int64_t bsr_values(const Csr& matrix, std::int64_t block);
std::int64_t blocked_ell_values(const Csr& matrix, std::int64_t block);

/// At most `kept` nonzeros stand in every aligned group of so many weights of a row.
bool sparse_in_groups(const Csr& matrix, std::int64_t kept, std::int64_t group);

}  // namespace coppice::kernels
