// Eigen chooses its vectors when it is compiled, so this is compiled once a level (see src/CMakeLists.txt):
// with SSE alone it would be no fair rival. Each level has a copy of the whole of Eigen under a name of its
// own, or the linker would keep one copy of its inline functions, maybe one that this machine cannot run.
#include "sparse/eigen_product.h"

#include <Eigen/SparseCore>

namespace coppice::COPPICE_ISA {

namespace {

using Sparse = Eigen::Map<const Eigen::SparseMatrix<float, Eigen::RowMajor, int>>;

/// With the number of columns known to the compiler, or Eigen::Dynamic.
template <int kColumns>
void multiply(const Sparse& weights, const float* x, std::int64_t width, float* y) {
  using Dense =
      Eigen::Matrix<float, Eigen::Dynamic, kColumns, kColumns == 1 ? Eigen::ColMajor : Eigen::RowMajor>;
  Eigen::Map<Dense>(y, weights.rows(), width).noalias() =
      weights * Eigen::Map<const Dense>(x, weights.cols(), width);
}

}  // namespace

void eigen_product(const EigenCsr& w, const float* x, std::int64_t width, float* y, int threads) {
  Eigen::setNbThreads(threads);
  const Sparse weights(w.rows, w.columns, w.nonzeros, w.begin, w.column, w.value);
  switch (width) {
    case 1: return multiply<1>(weights, x, width, y);
    case 16: return multiply<16>(weights, x, width, y);  // linear layers in Order::kLanes
    default: return multiply<Eigen::Dynamic>(weights, x, width, y);
  }
}

}  // namespace coppice::COPPICE_ISA
