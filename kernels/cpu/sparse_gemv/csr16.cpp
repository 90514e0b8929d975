#include "kernels/cpu/sparse_gemv/csr16.h"

#include <algorithm>

#include "kernels/cpu/sparse_gemv/common.h"
#include "kernels/cpu/sparse_gemv/sparse_gemv.h"

namespace coppice::kernels {

namespace {

struct Csr16Matrix {
  std::int64_t blocks;
  std::vector<std::int64_t> begin, work_before;
  AlignedArray<std::uint16_t> column;
  AlignedArray<float> value;
  std::vector<float> bias;

  explicit Csr16Matrix(const Layer& layer)
      : blocks(std::max<std::int64_t>(1, (layer.weights.columns + kCsr16Block - 1) / kCsr16Block)),
        column(layer.weights.nonzeros() + 16),  // kernels read whole vectors
        value(layer.weights.nonzeros()),
        bias(layer.bias) {
    const Csr& w = layer.weights;
    bias.resize(static_cast<std::size_t>(w.rows));
    std::copy(w.value.begin(), w.value.end(), value.data());
    std::int64_t i = 0;
    for (std::int64_t row = 0; row < w.rows; ++row) {
      work_before.push_back(i + kRowWork * row);
      for (std::int64_t block = 0; block < blocks; ++block) {
        begin.push_back(i);
        for (; i < w.begin[row + 1] && w.column[i] < (block + 1) * kCsr16Block; ++i) {
          column.data()[i] = static_cast<std::uint16_t>(w.column[i] - block * kCsr16Block);
        }
      }
    }
    begin.push_back(i);
    work_before.push_back(i + kRowWork * w.rows);
  }
  std::int64_t bytes() const {
    return column.bytes() + value.bytes() + static_cast<std::int64_t>(begin.size() * 8 + bias.size() * 4);
  }

 private:
  static constexpr std::int64_t kRowWork = 16;  // what a row costs beside its nonzeros, in nonzeros
};

class Csr16Runner : public Runner {
 public:
  Csr16Runner(std::shared_ptr<const Csr16Matrix> matrix, const Request& request, int threads)
      : matrix_(std::move(matrix)),
        threads_(threads),
        shares_(equal_shares(matrix_->work_before, threads)),
        rows_(COPPICE_BY_ISA(request.isa, csr16_rows)) {
    problem_.begin = matrix_->begin.data();
    problem_.column = matrix_->column.data();
    problem_.value = matrix_->value.data();
    problem_.blocks = matrix_->blocks;
    problem_.images = request.images;
    problem_.columns = request.layer.shape.columns();
    problem_.rows = request.layer.shape.outputs;
    problem_.bias = matrix_->bias.data();
    problem_.relu = request.layer.relu;
  }

  void run(const float* x, const float* residual, float* y) override {
    problem_.x = x;
    problem_.residual = residual;
    problem_.y = y;
    if (threads_ == 1) return rows_(problem_, shares_[0], shares_[1]);
#pragma omp parallel for num_threads(threads_) schedule(static)
    for (int i = 0; i < threads_; ++i) rows_(problem_, shares_[i], shares_[i + 1]);
  }
  std::int64_t packed_bytes() const override { return matrix_->bytes(); }
  std::string variant() const override {
    return std::to_string(threads_) + (threads_ == 1 ? " thread" : " threads");
  }

 private:
  std::shared_ptr<const Csr16Matrix> matrix_;
  int threads_;
  std::vector<std::int64_t> shares_;
  void (*rows_)(const Csr16Problem&, std::int64_t, std::int64_t);
  Csr16Problem problem_ = {};
};

class Csr16 : public Candidate {
 public:
  std::string name() const override { return "csr16"; }
  bool sparse() const override { return true; }
  std::string refusal(const Request& request) const override { return gemv_refusal(request); }
  std::vector<std::unique_ptr<Runner>> make(const Request& request) const override {
    const auto matrix = std::make_shared<const Csr16Matrix>(request.layer);
    std::vector<std::unique_ptr<Runner>> runners;
    for (const int threads : gemv_threads(request)) {
      runners.push_back(std::make_unique<Csr16Runner>(matrix, request, threads));
    }
    return runners;
  }
};

}  // namespace

std::shared_ptr<const Candidate> csr16_candidate() { return std::make_shared<const Csr16>(); }

}  // namespace coppice::kernels
