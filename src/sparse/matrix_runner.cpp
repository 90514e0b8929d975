#include "sparse/matrix_runner.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "sparse/aligned_floats.h"
#include "sparse/epilogue.h"
#include "sparse/im2col.h"

namespace coppice {

namespace {

using kernels::Order;

constexpr std::int64_t kLargestUnfolded = std::int64_t{1} << 28;  // floats: 1 GiB

/// Linear layers of several images in kPlain lie the other way round than products want them.
bool turned(const kernels::Request& request) {
  return request.images > 1 && request.layer.shape.linear() && request.in.order == Order::kPlain;
}

std::int64_t width(const kernels::Request& request) {
  const kernels::Activations output = request.layer.output(request.images, request.out);
  return turned(request) ? request.images : request.layer.shape.pixels() * output.lanes();
}

std::string joined(const std::string& first, const std::string& second) {
  return first + (first.empty() || second.empty() ? "" : ", ") + second;
}

class MatrixRunner : public kernels::Runner {
 public:
  MatrixRunner(const kernels::Request& request, const MakeProduct& make_product)
      : shape_(request.layer.shape),
        epilogue_(request.layer, width(request), request.threads),
        blocks_(request.layer.output(request.images, request.out).blocks()),
        lanes_(request.layer.output(request.images, request.out).lanes()),
        width_(width(request)),
        threads_(request.threads),
        product_(make_product(request, width_)) {
    if (!im2col_is_input(shape_)) unfolded_ = AlignedFloats(shape_.columns() * width_);
  }

  void run(const float* x, const float* residual, float* y) override {
    const std::int64_t in = shape_.channels * shape_.height * shape_.width * lanes_;
    const std::int64_t out = shape_.outputs * width_;
    for (std::int64_t block = 0; block < blocks_; ++block) {
      const float* from = x + block * in;
      if (unfolded_.data()) {
        im2col(shape_, lanes_, from, unfolded_.data(), threads_);
        from = unfolded_.data();
      }
      product_->multiply(from, y + block * out);
      epilogue_.finish(residual ? residual + block * out : nullptr, y + block * out);
    }
  }

  std::int64_t packed_bytes() const override { return product_->packed_bytes(); }
  std::string variant() const override {
    return joined(unfolded_.data() ? "im2col" : "", product_->variant());
  }

 private:
  kernels::LayerShape shape_;
  Epilogue epilogue_;
  std::int64_t blocks_, lanes_, width_;
  int threads_;
  std::unique_ptr<Product> product_;
  AlignedFloats unfolded_;
};

/// to [columns][rows] from [rows][columns], in tiles that stay in the first-level cache.
void transpose(const float* from, std::int64_t rows, std::int64_t columns, float* to, int threads) {
  constexpr std::int64_t kTile = 16;
#pragma omp parallel for schedule(static) num_threads(threads) if (rows * columns > 32 * 1024)
  for (std::int64_t left = 0; left < columns; left += kTile) {
    for (std::int64_t top = 0; top < rows; top += kTile) {
      for (std::int64_t c = left; c < std::min(left + kTile, columns); ++c) {
        for (std::int64_t r = top; r < std::min(top + kTile, rows); ++r)
          to[c * rows + r] = from[r * columns + c];
      }
    }
  }
}

class TurnedRunner : public kernels::Runner {
 public:
  TurnedRunner(const kernels::Request& request, const MakeProduct& make_product)
      : outputs_(request.layer.shape.outputs),
        columns_(request.layer.shape.columns()),
        images_(request.images),
        threads_(request.threads),
        epilogue_(request.layer, 1, request.threads),
        product_(make_product(request, images_)),
        x_(columns_ * images_),
        y_(outputs_ * images_) {}

  void run(const float* x, const float* residual, float* y) override {
    transpose(x, images_, columns_, x_.data(), threads_);
    product_->multiply(x_.data(), y_.data());
    transpose(y_.data(), outputs_, images_, y, threads_);
    for (std::int64_t image = 0; image < images_; ++image) {
      epilogue_.finish(residual ? residual + image * outputs_ : nullptr, y + image * outputs_);
    }
  }

  std::int64_t packed_bytes() const override { return product_->packed_bytes(); }
  std::string variant() const override { return joined("transposing", product_->variant()); }

 private:
  std::int64_t outputs_, columns_, images_;
  int threads_;
  Epilogue epilogue_;
  std::unique_ptr<Product> product_;
  AlignedFloats x_, y_;
};

}  // namespace

MatrixCandidate::MatrixCandidate(std::string name, bool sparse, std::string lacking, MakeProduct make_product)
    : name_(std::move(name)),
      sparse_(sparse),
      lacking_(std::move(lacking)),
      make_product_(std::move(make_product)) {}

std::string MatrixCandidate::refusal(const kernels::Request& request) const {
  if (!lacking_.empty()) return lacking_;
  if (request.in.order != request.out.order) return "reads and writes one layout";
  if (request.in.order == Order::kChannelsLast) return "wants pixels side by side";
  if (request.in.halo != 0 || request.out.halo != 0) return "knows no halos";
  const kernels::LayerShape& shape = request.layer.shape;
  if (!im2col_is_input(shape) && shape.columns() * width(request) > kLargestUnfolded) {
    return "im2col would take more than 1 GiB";
  }
  constexpr std::int64_t kInt = std::numeric_limits<std::int32_t>::max();
  if (request.layer.weights.nonzeros() > kInt || width(request) > kInt) return "counts with 32 bits";
  return "";
}

std::vector<std::unique_ptr<kernels::Runner>> MatrixCandidate::make(const kernels::Request& request) const {
  std::vector<std::unique_ptr<kernels::Runner>> runners;
  if (turned(request)) {
    runners.push_back(std::make_unique<TurnedRunner>(request, make_product_));
  } else {
    runners.push_back(std::make_unique<MatrixRunner>(request, make_product_));
  }
  return runners;
}

}  // namespace coppice
