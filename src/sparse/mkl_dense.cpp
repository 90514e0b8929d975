#include <algorithm>
#include <limits>

#include "sparse/linear_weights.h"
#include "sparse/matrix_runner.h"
#include "sparse/mkl.h"
#include "sparse/mkl_linear.h"
#include "sparse/peer_makers.h"

namespace coppice {

namespace {

using kernels::Order;
using Form = MklLinear::Form;

class LinearRunner : public kernels::Runner {
 public:
  LinearRunner(const kernels::Request& request, const std::vector<float>& weights, Form form)
      : images_(request.images),
        outputs_(request.layer.shape.outputs),
        relu_(request.layer.relu),
        bias_(request.layer.bias),
        linear_(weights.data(), outputs_, request.layer.shape.columns(), images_, form) {
    bias_.resize(static_cast<std::size_t>(outputs_));
  }

  void run(const float* x, const float* residual, float* y) override {
    for (std::int64_t image = 0; image < images_; ++image) {
      float* row = y + image * outputs_;
      std::copy(bias_.begin(), bias_.end(), row);
      if (residual) {
        for (std::int64_t m = 0; m < outputs_; ++m) row[m] += residual[image * outputs_ + m];
      }
    }
    linear_.add(x, y);
    if (relu_) {
      for (std::int64_t i = 0; i < images_ * outputs_; ++i) y[i] = y[i] < 0 ? 0 : y[i];
    }
  }

  std::int64_t packed_bytes() const override { return linear_.bytes(); }
  std::string variant() const override {
    switch (linear_.form()) {
      case Form::kPacked: return "packed";
      case Form::kTransposed: return "transposed";
      case Form::kPlain: break;
    }
    return "plain";
  }

 private:
  std::int64_t images_, outputs_;
  bool relu_;
  std::vector<float> bias_;
  MklLinear linear_;
};

class MklLinearCandidate : public kernels::Candidate {
 public:
  std::string name() const override { return "mkl"; }
  bool sparse() const override { return false; }

  std::string refusal(const kernels::Request& request) const override {
    if (*mkl::lacking()) return mkl::lacking();
    if (!request.layer.shape.linear()) return "knows linear layers only";
    if (request.in.order == Order::kLanes || request.out.order == Order::kLanes) {
      return "wants the features of an image side by side";
    }
    if (request.in.halo != 0 || request.out.halo != 0) return "knows no halos";
    return "";
  }

  std::vector<std::unique_ptr<kernels::Runner>> make(const kernels::Request& request) const override {
    const std::vector<float> weights = linear_weights(request.layer, request.in.order);
    const std::vector<Form> forms = request.images > 1
                                        ? std::vector{Form::kPacked, Form::kTransposed, Form::kPlain}
                                        : std::vector{Form::kPlain, Form::kTransposed};
    std::vector<std::unique_ptr<kernels::Runner>> runners;
    for (Form form : forms) runners.push_back(std::make_unique<LinearRunner>(request, weights, form));
    return runners;
  }
};

/// W X with W packed.
class PackedProduct : public Product {
 public:
  PackedProduct(const kernels::Csr& weights, std::int64_t width)
      : rows_(static_cast<int>(weights.rows)),
        columns_(static_cast<int>(weights.columns)),
        width_(static_cast<int>(width)),
        bytes_(static_cast<std::int64_t>(cblas_sgemm_pack_get_size(mkl::kMatrixA, rows_, width_, columns_))),
        weights_((bytes_ + 3) / 4) {
    cblas_sgemm_pack(mkl::kRowMajor, mkl::kMatrixA, mkl::kNoTrans, rows_, width_, columns_, 1,
                     kernels::dense_from_csr(weights).data(), columns_, weights_.data());
  }
  void multiply(const float* x, float* y) override {
    cblas_sgemm_compute(mkl::kRowMajor, mkl::kPacked, mkl::kNoTrans, rows_, width_, columns_, weights_.data(),
                        columns_, x, width_, 0, y, width_);
  }
  std::int64_t packed_bytes() const override { return bytes_; }
  std::string variant() const override { return "packed"; }

 private:
  int rows_, columns_, width_;
  std::int64_t bytes_;
  AlignedFloats weights_;
};

}  // namespace

std::shared_ptr<const kernels::Candidate> mkl_linear_candidate() {
  return std::make_shared<MklLinearCandidate>();
}

std::shared_ptr<const kernels::Candidate> mkl_im2col_candidate() {
  return std::make_shared<MatrixCandidate>(
      "mkl-im2col", /*sparse=*/false, mkl::lacking(),
      [](const kernels::Request& request, std::int64_t width) -> std::unique_ptr<Product> {
        return std::make_unique<PackedProduct>(request.layer.weights, width);
      });
}

}  // namespace coppice
