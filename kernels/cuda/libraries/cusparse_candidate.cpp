// cuSPARSE: the sparse baseline. One candidate for the formats of any mask, one for those of masks with dense
// blocks. Its results in bf16 are rounded before our epilogue adds to them and rounds again.
#include <limits>
#include <utility>

#include "kernels/cuda/libraries/cusparse_runner.h"
#include "kernels/cuda/libraries/libraries.h"
#include "kernels/cuda/libraries/search.h"

namespace coppice::kernels {

std::string cusparse_refusal(const CudaRequest& request) {
  if (request.precision == Precision::kTf32) return "cuSPARSE multiplies CSR matrices in FP32 and bf16 alone";
  if (const std::string why = precision_refusal(request); !why.empty()) return why;
  if (request.layer.weights.nonzeros() == 0) return "a matrix without nonzeros";
  if (request.layer.weights.nonzeros() > std::numeric_limits<std::int32_t>::max()) {
    return "more nonzeros than 32-bit indices count";
  }
  return cusparse().problem();
}

namespace {

constexpr SparseAlgorithm kCsrVector[] = {{CUSPARSE_SPMV_ALG_DEFAULT, "default"},
                                          {CUSPARSE_SPMV_CSR_ALG1, "ALG1"},
                                          {CUSPARSE_SPMV_CSR_ALG2, "ALG2"}};
constexpr SparseAlgorithm kSlicedEllVector = {CUSPARSE_SPMV_SELL_ALG1, "ALG1"};
constexpr SparseAlgorithm kBsrVector = {CUSPARSE_SPMV_BSR_ALG1, "ALG1"};
constexpr SparseAlgorithm kBsrMatrix = {CUSPARSE_SPMM_BSR_ALG1, "ALG1"};
constexpr SparseAlgorithm kBlockedEllMatrix = {CUSPARSE_SPMM_BLOCKED_ELL_ALG1, "ALG1"};
constexpr std::int64_t kSliceRows[] = {16, 32, 64};
constexpr std::int64_t kBlocks[] = {8, 16, 32};
constexpr std::int64_t kMostPadding = 2;  // stored values for each nonzero

std::string general_refusal(const CudaRequest& request) {
  if (const std::string why = as_product(request, nullptr); !why.empty()) return why;
  return cusparse_refusal(request);
}

/// The attempts on one matrix in several formats; the arrays go to the device when their turn comes.
class Attempts {
 public:
  explicit Attempts(const CudaRequest& request) : request_(request), task_(request) {
    as_product(request, &product_);
  }
  bool vector() const { return product_.columns == 1; }

  template <class Arrays>  // returns SparseArrays
  void add(Arrays arrays, const SparseAlgorithm* algorithms, std::size_t count) {
    // Shared among the algorithms of a format, and given up with the last of them.
    const auto made = std::make_shared<std::weak_ptr<const DeviceSparse>>();
    for (std::size_t i = 0; i < count; ++i) {
      list_.push_back([=, this, algorithm = algorithms[i]] {
        auto matrix = made->lock();
        if (!matrix) {
          matrix = std::make_shared<const DeviceSparse>(
              on_device(arrays(), request_.layer.bias, request_.precision));
          *made = matrix;
        }
        return cusparse_runner(task_, product_, matrix, algorithm);
      });
    }
  }
  std::vector<std::unique_ptr<CudaRunner>> fastest() const {
    // The search is ours, not the library's need: only its analysis of the matrix counts as preparation.
    return kernels::fastest(request_, list_, SearchCounts::kNo);
  }

 private:
  const CudaRequest& request_;
  LibraryTask task_;
  Product product_;
  std::vector<Attempt> list_;
};

class CusparseCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "cusparse"; }
  bool sparse() const override { return true; }
  std::string refusal(const CudaRequest& request) const override { return general_refusal(request); }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    if (const std::string why = refusal(request); !why.empty()) throw CudaError(why);
    const Csr& weights = request.layer.weights;
    Attempts attempts(request);
    if (attempts.vector()) {
      attempts.add([&weights] { return csr_arrays(weights); }, kCsrVector, std::size(kCsrVector));
      for (const std::int64_t rows : kSliceRows) {
        attempts.add([&weights, rows] { return sliced_ell_arrays(weights, rows); }, &kSlicedEllVector, 1);
      }
    } else {
      attempts.add([&weights] { return csr_arrays(weights); }, kCsrMatrixAlgorithms,
                   std::size(kCsrMatrixAlgorithms));
    }
    return attempts.fastest();
  }
};

class CusparseBlocksCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "cusparse-blocks"; }
  bool sparse() const override { return true; }

  std::string refusal(const CudaRequest& request) const override {
    if (const std::string why = general_refusal(request); !why.empty()) return why;
    for (const std::int64_t block : kBlocks) {
      if (worth(bsr_values(request.layer.weights, block), request)) return "";
    }
    return "the nonzeros do not stand in blocks: even blocks of 8 would store more than twice as many values";
  }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    if (const std::string why = refusal(request); !why.empty()) throw CudaError(why);
    const Csr& weights = request.layer.weights;
    Attempts attempts(request);
    for (const std::int64_t block : kBlocks) {
      if (worth(bsr_values(weights, block), request)) {
        attempts.add([&weights, block] { return bsr_arrays(weights, block); },
                     attempts.vector() ? &kBsrVector : &kBsrMatrix, 1);
      }
      if (!attempts.vector() && worth(blocked_ell_values(weights, block), request)) {
        attempts.add([&weights, block] { return blocked_ell_arrays(weights, block); }, &kBlockedEllMatrix, 1);
      }
    }
    return attempts.fastest();
  }

 private:
  static bool worth(std::int64_t stored, const CudaRequest& request) {
    return stored > 0 && stored <= kMostPadding * request.layer.weights.nonzeros();
  }
};

}  // namespace

std::shared_ptr<const CudaCandidate> cusparse_candidate() {
  return std::make_shared<const CusparseCandidate>();
}
std::shared_ptr<const CudaCandidate> cusparse_blocks_candidate() {
  return std::make_shared<const CusparseBlocksCandidate>();
}

}  // namespace coppice::kernels
