#include "kernels/cuda/packing/check_matrix.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace coppice::kernels {

void check_matrix(const Csr& matrix, const char* who) {
  const auto require = [&](bool holds, const char* what) {
    if (!holds) throw std::invalid_argument("packing for " + std::string(who) + ": " + what);
  };
  require(matrix.rows >= 1 && matrix.columns >= 1, "the matrix is empty");
  require(std::ssize(matrix.begin) == matrix.rows + 1 && matrix.begin.front() == 0 &&
              matrix.begin.back() == matrix.nonzeros() &&
              std::is_sorted(matrix.begin.begin(), matrix.begin.end()) &&
              std::ssize(matrix.column) == matrix.nonzeros(),
          "the matrix's rows do not fit its nonzeros");
  for (std::size_t row = 0; row + 1 < matrix.begin.size(); ++row) {
    std::int64_t before = -1;
    for (std::int64_t i = matrix.begin[row]; i < matrix.begin[row + 1]; ++i) {
      const std::int64_t column = matrix.column[static_cast<std::size_t>(i)];
      require(column > before && column < matrix.columns, "columns must rise within a row and exist");
      before = column;
    }
  }
}

}  // namespace coppice::kernels
