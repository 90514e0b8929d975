#include "coppice/error.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "sparse/matrix_runner.h"
#include "sparse/mkl.h"
#include "sparse/peer_makers.h"

namespace coppice {

namespace {

constexpr CoppiceMklDescription kGeneral = {mkl::kSparseGeneral, 0, 0};
constexpr int kManyCalls = 100000;  // analysis is done once, outside of what is timed

void check(int status) {
  if (status != 0) throw Failure("MKL's sparse product failed with status " + std::to_string(status));
}

/// The inspector-executor: the matrix is analysed for the width it will be used with, as far as LibTorch lets
/// one reach that part of MKL.
class MklProduct : public Product {
 public:
  MklProduct(const kernels::Csr& weights, std::int64_t width)
      : rows_(weights.rows),
        width_(static_cast<int>(width)),
        begin_(weights.begin.begin(), weights.begin.end()),
        column_(weights.column),
        value_(weights.value) {
    if (value_.empty()) return;  // MKL takes an empty matrix for an error
    check(mkl_sparse_s_create_csr(&matrix_, 0, static_cast<int>(rows_), static_cast<int>(weights.columns),
                                  begin_.data(), begin_.data() + 1, column_.data(), value_.data()));
    if (!mkl::inspects()) return;
    // Advice only: MKL may answer that it knows nothing better.
    if (width_ == 1) {
      mkl_sparse_set_mv_hint(matrix_, mkl::kSparseNoTrans, kGeneral, kManyCalls);
    } else {
      mkl_sparse_set_mm_hint(matrix_, mkl::kSparseNoTrans, kGeneral, mkl::kSparseRowMajor, width_,
                             kManyCalls);
    }
    mkl_sparse_optimize(matrix_);
  }
  ~MklProduct() override {
    if (matrix_) mkl_sparse_destroy(matrix_);
  }
  MklProduct(const MklProduct&) = delete;
  MklProduct& operator=(const MklProduct&) = delete;

  void multiply(const float* x, float* y) override {
    if (!matrix_) {
      std::fill_n(y, rows_ * width_, 0.0F);
    } else if (width_ == 1) {
      check(mkl_sparse_s_mv(mkl::kSparseNoTrans, 1, matrix_, kGeneral, x, 0, y));
    } else {
      check(mkl_sparse_s_mm(mkl::kSparseNoTrans, 1, matrix_, kGeneral, mkl::kSparseRowMajor, x, width_,
                            width_, 0, y, width_));
    }
  }

  /// Of what it was given; what the analysis adds is not to be seen.
  std::int64_t packed_bytes() const override {
    return static_cast<std::int64_t>(4 * (begin_.size() + column_.size() + value_.size()));
  }

  std::string variant() const override { return mkl::inspects() ? "inspected" : "not inspected"; }

 private:
  std::int64_t rows_;
  int width_;
  std::vector<int> begin_, column_;
  std::vector<float> value_;
  CoppiceMklMatrix* matrix_ = nullptr;
};

}  // namespace

std::shared_ptr<const kernels::Candidate> mkl_sparse_candidate() {
  return std::make_shared<MatrixCandidate>(
      "mkl-sparse", /*sparse=*/true, mkl::lacking(),
      [](const kernels::Request& request, std::int64_t width) -> std::unique_ptr<Product> {
        return std::make_unique<MklProduct>(request.layer.weights, width);
      });
}

}  // namespace coppice
