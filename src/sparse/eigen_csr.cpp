#include <vector>

#include "kernels/cpu/isa.h"
#include "sparse/eigen_product.h"
#include "sparse/matrix_runner.h"
#include "sparse/peer_makers.h"

namespace coppice {

namespace {

using EigenFunction = void (*)(const EigenCsr&, const float*, std::int64_t, float*, int);

EigenFunction function([[maybe_unused]] kernels::Isa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case kernels::Isa::kV4: return v4::eigen_product;
    case kernels::Isa::kV3: return v3::eigen_product;
    case kernels::Isa::kV2: break;
  }
  return v2::eigen_product;
#else
  return portable::eigen_product;
#endif
}

class EigenProduct : public Product {
 public:
  EigenProduct(const kernels::Request& request, std::int64_t width)
      : begin_(request.layer.weights.begin.begin(), request.layer.weights.begin.end()),
        column_(request.layer.weights.column),
        value_(request.layer.weights.value),
        csr_{request.layer.weights.rows,
             request.layer.weights.columns,
             request.layer.weights.nonzeros(),
             begin_.data(),
             column_.data(),
             value_.data()},
        width_(width),
        threads_(request.threads),
        function_(function(request.isa)) {}

  void multiply(const float* x, float* y) override { function_(csr_, x, width_, y, threads_); }
  std::int64_t packed_bytes() const override {
    return static_cast<std::int64_t>(4 * (begin_.size() + column_.size() + value_.size()));
  }

 private:
  std::vector<int> begin_, column_;
  std::vector<float> value_;
  EigenCsr csr_;
  std::int64_t width_;
  int threads_;
  EigenFunction function_;
};

}  // namespace

std::shared_ptr<const kernels::Candidate> eigen_candidate() {
  return std::make_shared<MatrixCandidate>(
      "eigen", /*sparse=*/true, /*lacking=*/"",
      [](const kernels::Request& request, std::int64_t width) -> std::unique_ptr<Product> {
        return std::make_unique<EigenProduct>(request, width);
      });
}

}  // namespace coppice
