#include <iterator>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/sparse_gemv/sell_pack.h"
#include "kernels/cpu/sparse_gemv/sparse_gemv.h"

namespace coppice::kernels {

#if defined(__x86_64__)

namespace {

class SellRunner : public Runner {
 public:
  SellRunner(std::shared_ptr<const SellMatrix> matrix, int fill, const Request& request, int threads)
      : matrix_(std::move(matrix)),
        fill_(fill),
        threads_(threads),
        shares_(equal_shares(matrix_->work_before, threads)),
        problem_{matrix_->slices.data(),
                 request.images,
                 request.layer.shape.columns(),
                 request.layer.shape.outputs,
                 request.layer.relu,
                 nullptr,
                 nullptr,
                 nullptr} {}

  void run(const float* x, const float* residual, float* y) override {
    problem_.x = x;
    problem_.residual = residual;
    problem_.y = y;
    if (threads_ == 1) return v4::sell_slices(problem_, shares_[0], shares_[1]);
#pragma omp parallel for num_threads(threads_) schedule(static)
    for (int i = 0; i < threads_; ++i) v4::sell_slices(problem_, shares_[i], shares_[i + 1]);
  }
  std::int64_t packed_bytes() const override { return matrix_->bytes(); }
  std::string variant() const override { return sell_variant(fill_, threads_); }

 private:
  std::shared_ptr<const SellMatrix> matrix_;
  int fill_, threads_;
  std::vector<std::int64_t> shares_;
  SellProblem problem_;
};

}  // namespace

#endif

namespace {

constexpr std::int64_t kSecondLevel = 1'500'000;  // bytes that a core's cache is sure to keep

class SellPermute : public Candidate {
 public:
  std::string name() const override { return "sell-permute"; }
  bool sparse() const override { return true; }
  std::string refusal(const Request& request) const override {
    if (request.isa != Isa::kV4) return "needs AVX-512 (permutations of 32 floats)";
    if (request.layer.shape.columns() > 65536) return "its columns are 16-bit numbers";
    return gemv_refusal(request);
  }
  std::vector<std::unique_ptr<Runner>> make([[maybe_unused]] const Request& request) const override {
    std::vector<std::unique_ptr<Runner>> runners;
#if defined(__x86_64__)
    // In the second-level cache the calculation takes the time, beyond it the bytes.
    for (const int fill : {6, 12}) {
      const auto matrix =
          std::make_shared<const SellMatrix>(sell_pack(request.layer.weights, request.layer.bias, fill));
      const bool likelier = fill == 12 && matrix->bytes() / request.threads > kSecondLevel;
      std::vector<std::unique_ptr<Runner>> made;
      for (const int threads : gemv_threads(request)) {
        made.push_back(std::make_unique<SellRunner>(matrix, fill, request, threads));
      }
      runners.insert(likelier ? runners.begin() : runners.end(), std::make_move_iterator(made.begin()),
                     std::make_move_iterator(made.end()));
    }
#endif
    return runners;
  }
};

}  // namespace

std::shared_ptr<const Candidate> sell_permute_candidate() { return std::make_shared<const SellPermute>(); }

}  // namespace coppice::kernels
