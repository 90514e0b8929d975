#include "kernels/cuda/libraries/sparse_formats.h"

#include <algorithm>
#include <limits>

#include "kernels/cuda/error.h"

namespace coppice::kernels {

namespace {

std::int32_t index(std::int64_t value) {
  if (value > std::numeric_limits<std::int32_t>::max()) {
    throw CudaError("the matrix has too many values for 32-bit indices");
  }
  return static_cast<std::int32_t>(value);
}

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

bool divides(const Csr& matrix, std::int64_t block) {
  return matrix.rows % block == 0 && matrix.columns % block == 0;
}

template <class Use>  // use(row, column, value)
void each_nonzero(const Csr& matrix, Use&& use) {
  for (std::int64_t r = 0; r < matrix.rows; ++r) {
    for (std::int64_t i = matrix.begin[at(r)]; i < matrix.begin[at(r + 1)]; ++i) {
      use(r, std::int64_t{matrix.column[at(i)]}, matrix.value[at(i)]);
    }
  }
}

SparseArrays empty_arrays(const Csr& matrix, SparseFormat format, std::int64_t size, std::int64_t stored) {
  SparseArrays arrays;
  arrays.shape = {format, matrix.rows, matrix.columns, matrix.nonzeros(), size, stored};
  arrays.value.resize(at(index(stored)));
  return arrays;
}

}  // namespace

std::string SparseShape::text() const {
  switch (format) {
    case SparseFormat::kCsr: return "CSR";
    case SparseFormat::kSlicedEll: return "sliced ELLPACK, " + std::to_string(size) + " rows a slice";
    case SparseFormat::kBsr: return "BSR, blocks of " + std::to_string(size);
    case SparseFormat::kBlockedEll: return "blocked ELLPACK, blocks of " + std::to_string(size);
  }
  return "";
}

SparseArrays csr_arrays(const Csr& matrix) {
  SparseArrays arrays = empty_arrays(matrix, SparseFormat::kCsr, 1, matrix.nonzeros());
  std::transform(matrix.begin.begin(), matrix.begin.end(), std::back_inserter(arrays.begin), index);
  arrays.column = matrix.column;
  arrays.value = matrix.value;
  return arrays;
}

SparseArrays sliced_ell_arrays(const Csr& matrix, std::int64_t slice_rows) {
  std::vector<std::int64_t> begin = {0};
  for (std::int64_t first = 0; first < matrix.rows; first += slice_rows) {
    std::int64_t longest = 0;
    for (std::int64_t r = first; r < std::min(first + slice_rows, matrix.rows); ++r) {
      longest = std::max(longest, matrix.begin[at(r + 1)] - matrix.begin[at(r)]);
    }
    begin.push_back(begin.back() + longest * slice_rows);
  }
  SparseArrays arrays = empty_arrays(matrix, SparseFormat::kSlicedEll, slice_rows, begin.back());
  std::transform(begin.begin(), begin.end(), std::back_inserter(arrays.begin), index);
  arrays.column.assign(arrays.value.size(), -1);
  for (std::int64_t r = 0; r < matrix.rows; ++r) {
    std::int64_t to = begin[at(r / slice_rows)] + r % slice_rows;
    for (std::int64_t i = matrix.begin[at(r)]; i < matrix.begin[at(r + 1)]; ++i, to += slice_rows) {
      arrays.column[at(to)] = matrix.column[at(i)];
      arrays.value[at(to)] = matrix.value[at(i)];
    }
  }
  return arrays;
}

std::vector<std::vector<std::int32_t>> occupied_blocks(const Csr& matrix, std::int64_t block) {
  std::vector<std::vector<std::int32_t>> blocks(at((matrix.rows + block - 1) / block));
  each_nonzero(matrix, [&](std::int64_t r, std::int64_t c, float) {
    auto& row = blocks[at(r / block)];
    const auto which = static_cast<std::int32_t>(c / block);
    if (row.empty() || row.back() != which) row.push_back(which);
  });
  for (auto& row : blocks) {
    std::sort(row.begin(), row.end());
    row.erase(std::unique(row.begin(), row.end()), row.end());
  }
  return blocks;
}

std::int64_t bsr_values(const Csr& matrix, std::int64_t block) {
  if (!divides(matrix, block)) return 0;
  std::int64_t count = 0;
  for (const auto& row : occupied_blocks(matrix, block)) count += static_cast<std::int64_t>(row.size());
  return count * block * block;
}

std::int64_t blocked_ell_values(const Csr& matrix, std::int64_t block) {
  if (!divides(matrix, block)) return 0;
  std::size_t most = 0;
  for (const auto& row : occupied_blocks(matrix, block)) most = std::max(most, row.size());
  return matrix.rows * static_cast<std::int64_t>(most) * block;
}

SparseArrays bsr_arrays(const Csr& matrix, std::int64_t block) {
  const auto blocks = occupied_blocks(matrix, block);
  SparseArrays arrays = empty_arrays(matrix, SparseFormat::kBsr, block, bsr_values(matrix, block));
  arrays.begin = {0};
  for (const auto& row : blocks) {
    arrays.column.insert(arrays.column.end(), row.begin(), row.end());
    arrays.begin.push_back(index(static_cast<std::int64_t>(arrays.column.size())));
  }
  each_nonzero(matrix, [&](std::int64_t r, std::int64_t c, float value) {
    const auto& row = blocks[at(r / block)];
    const auto found = std::lower_bound(row.begin(), row.end(), static_cast<std::int32_t>(c / block));
    const std::int64_t which = arrays.begin[at(r / block)] + (found - row.begin());
    arrays.value[at((which * block + r % block) * block + c % block)] = value;
  });
  return arrays;
}

SparseArrays blocked_ell_arrays(const Csr& matrix, std::int64_t block) {
  const auto blocks = occupied_blocks(matrix, block);
  const std::int64_t stored = blocked_ell_values(matrix, block), width = stored / matrix.rows;
  SparseArrays arrays = empty_arrays(matrix, SparseFormat::kBlockedEll, block, stored);
  for (const auto& row : blocks) {
    arrays.column.insert(arrays.column.end(), row.begin(), row.end());
    arrays.column.resize(arrays.column.size() + at(width / block) - row.size(), -1);
  }
  each_nonzero(matrix, [&](std::int64_t r, std::int64_t c, float value) {
    const auto& row = blocks[at(r / block)];
    const auto found = std::lower_bound(row.begin(), row.end(), static_cast<std::int32_t>(c / block));
    arrays.value[at(r * width + (found - row.begin()) * block + c % block)] = value;
  });
  return arrays;
}

bool sparse_in_groups(const Csr& matrix, std::int64_t kept, std::int64_t group) {
  std::int64_t row = -1, which = -1, count = 0;
  bool fits = true;
  each_nonzero(matrix, [&](std::int64_t r, std::int64_t c, float) {
    count = r == row && c / group == which ? count + 1 : 1;
    row = r;
    which = c / group;
    fits = fits && count <= kept;
  });
  return fits;
}

}  // namespace coppice::kernels
