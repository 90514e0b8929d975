#include "sparse/mkl_linear.h"

#include <algorithm>

#include "sparse/mkl.h"

namespace coppice {

MklLinear::MklLinear(const float* weights, std::int64_t outputs, std::int64_t inputs, std::int64_t images,
                     Form form)
    : outputs_(static_cast<int>(outputs)),
      inputs_(static_cast<int>(inputs)),
      images_(static_cast<int>(images)),
      form_(form),
      bytes_(form == Form::kPacked ? static_cast<std::int64_t>(
                                         cblas_sgemm_pack_get_size(mkl::kMatrixB, images_, outputs_, inputs_))
                                   : outputs * inputs * 4),
      weights_((bytes_ + 3) / 4) {
  switch (form) {
    case Form::kPacked:
      cblas_sgemm_pack(mkl::kRowMajor, mkl::kMatrixB, mkl::kTrans, images_, outputs_, inputs_, 1, weights,
                       inputs_, weights_.data());
      break;
    case Form::kTransposed:
      for (std::int64_t m = 0; m < outputs; ++m) {
        for (std::int64_t k = 0; k < inputs; ++k) weights_.data()[k * outputs + m] = weights[m * inputs + k];
      }
      break;
    case Form::kPlain: std::copy_n(weights, outputs * inputs, weights_.data()); break;
  }
}

// The Fortran routines see rows as columns: they are asked for y^T = W x^T.
void MklLinear::add(const float* x, float* y) const {
  constexpr float kAdd = 1;
  constexpr int kSideBySide = 1;
  const bool plain = form_ == Form::kPlain;
  if (form_ == Form::kPacked) {
    cblas_sgemm_compute(mkl::kRowMajor, mkl::kNoTrans, mkl::kPacked, images_, outputs_, inputs_, x, inputs_,
                        weights_.data(), inputs_, 1, y, outputs_);
  } else if (images_ == 1) {
    const int rows = plain ? inputs_ : outputs_, columns = plain ? outputs_ : inputs_;
    sgemv_(plain ? "T" : "N", &rows, &columns, &kAdd, weights_.data(), &rows, x, &kSideBySide, &kAdd, y,
           &kSideBySide);
  } else {
    sgemm_(plain ? "T" : "N", "N", &outputs_, &images_, &inputs_, &kAdd, weights_.data(),
           plain ? &inputs_ : &outputs_, x, &inputs_, &kAdd, y, &outputs_);
  }
}

}  // namespace coppice
