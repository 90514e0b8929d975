// Eigen chooses its vectors when it is compiled, so this is compiled once a level (see src/CMakeLists.txt):
// with SSE alone it would be no fair rival. Each level has a copy of the whole of Eigen under a name of its
// own, or the linker would keep one copy of its inline functions, maybe one that this machine cannot run.
#include "sparse/eigen_product.h"

#include <Eigen/SparseCore>

namespace coppice::COPPICE_ISA {

void eigen_product(const EigenCsr& w, const float* x, std::int64_t width, float* y, int threads) {
  using Sparse = Eigen::SparseMatrix<float, Eigen::RowMajor, int>;
  using Dense = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Column = Eigen::Matrix<float, Eigen::Dynamic, 1>;
  Eigen::setNbThreads(threads);
  const Eigen::Map<const Sparse> weights(w.rows, w.columns, w.nonzeros, w.begin, w.column, w.value);
  if (width == 1) {
    Eigen::Map<Column>(y, w.rows).noalias() = weights * Eigen::Map<const Column>(x, w.columns);
  } else {
    Eigen::Map<Dense>(y, w.rows, width).noalias() = weights * Eigen::Map<const Dense>(x, w.columns, width);
  }
}

}  // namespace coppice::COPPICE_ISA
