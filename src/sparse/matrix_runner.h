#pragma once
#include <functional>
#include <memory>
#include <string>

#include "kernels/candidate.h"

namespace coppice {

/// A weight matrix times dense matrices of one width, everything by rows: what libraries of linear algebra
/// offer, sparse or dense.
class Product {
 public:
  virtual ~Product() = default;
  /// x [weights.columns][width], y [weights.rows][width]; y is overwritten.
  virtual void multiply(const float* x, float* y) = 0;
  virtual std::int64_t packed_bytes() const = 0;
  virtual std::string variant() const { return ""; }
};

using MakeProduct =
    std::function<std::unique_ptr<Product>(const kernels::Request& request, std::int64_t width)>;

/// Layers on a product: the width is one image's pixels (kPlain) or 16 images' (kLanes), and convolutions
/// unfold their input first (im2col), as part of the run. Linear layers of several images in kPlain are
/// turned round before and after, also within the run. Bias, residual and ReLU follow in one sweep.
class MatrixCandidate : public kernels::Candidate {
 public:
  /// `lacking` says why the library is not there; empty where it is.
  MatrixCandidate(std::string name, bool sparse, std::string lacking, MakeProduct make_product);

  std::string name() const override { return name_; }
  bool sparse() const override { return sparse_; }
  std::string refusal(const kernels::Request& request) const override;
  std::vector<std::unique_ptr<kernels::Runner>> make(const kernels::Request& request) const override;

 private:
  std::string name_;
  bool sparse_;
  std::string lacking_;
  MakeProduct make_product_;
};

}  // namespace coppice
