// cuSPARSELt: sparse tensor cores, for masks that leave at most half of every small group of weights. In bf16
// it reads the bias rounded to bf16.
#include "kernels/cuda/libraries/libraries.h"
#if __has_include(<cusparseLt.h>)
#include <utility>

#include "kernels/cuda/libraries/cusparselt_plan.h"
#include "kernels/cuda/libraries/search.h"
#include "kernels/cuda/libraries/sparse_formats.h"
#include "kernels/cuda/libraries/weights.h"

namespace coppice::kernels {

namespace {

/// The hardware's pattern, and what cuSPARSELt wants sizes to be multiples of.
struct Pattern {
  std::int64_t kept, group, weight_multiple, column_multiple;
};
constexpr Pattern kBf16Pattern = {2, 4, 16, 8}, kTf32Pattern = {1, 2, 8, 4};

struct StructuredWeights {
  DeviceBuffer compressed, bias, bias_stored;
  StructuredWeights copy() const { return {compressed.copy(), bias.copy(), bias_stored.copy()}; }
};

class StructuredRunner : public LibraryRunner {
 public:
  StructuredRunner(const LibraryTask& kind, const Product& dense, bool fused, const StructuredChoice& choice,
                   std::shared_ptr<const StructuredWeights> weights)
      : LibraryRunner(kind),
        dense_(dense),
        fused_(fused),
        choice_(choice),
        weights_(std::move(weights)),
        plan_(form(kind, dense, fused, *weights_), choice) {
    if (fused) return;
    Rest rest;
    if (weights_->bias.bytes() > 0) rest.bias = weights_->bias.as<float>();
    rest.relu = kind.relu;
    leave_to_epilogue(rest);
  }

  static StructuredForm form(const LibraryTask& kind, const Product& dense, bool fused,
                             const StructuredWeights& weights) {
    return {dense, kind.precision, fused ? weights.bias_stored.data() : nullptr, fused && kind.relu};
  }

  std::unique_ptr<CudaRunner> replicate() const override {
    return std::make_unique<StructuredRunner>(task(), dense_, fused_, choice_,
                                              std::make_shared<const StructuredWeights>(weights_->copy()));
  }
  std::int64_t packed_bytes() const override { return weights_->compressed.bytes(); }
  std::string variant() const override {
    return choice_.text() + (has_epilogue() ? ", then our epilogue" : "");
  }

 protected:
  void product(const void* x, const void* residual, void* y, CudaStream stream) override {
    plan_.run(weights_->compressed, x, residual, y, stream);
  }

 private:
  Product dense_;
  bool fused_;
  StructuredChoice choice_;
  std::shared_ptr<const StructuredWeights> weights_;
  StructuredPlan plan_;
};

class CusparseLtCandidate : public CudaCandidate {
 public:
  std::string name() const override { return "cusparselt"; }
  bool sparse() const override { return true; }

  std::string refusal(const CudaRequest& request) const override {
    Product product;
    if (const std::string why = as_product(request, &product); !why.empty()) return why;
    if (request.precision == Precision::kFp32) return "sparse tensor cores multiply in bf16 and TF32 alone";
    if (const std::string why = precision_refusal(request); !why.empty()) return why;
    const Pattern pattern = request.precision == Precision::kBf16 ? kBf16Pattern : kTf32Pattern;
    if (product.rows % pattern.weight_multiple != 0 || product.inner % pattern.weight_multiple != 0 ||
        product.columns % pattern.column_multiple != 0) {
      return "cuSPARSELt wants weights in multiples of " + std::to_string(pattern.weight_multiple) +
             " and columns in multiples of " + std::to_string(pattern.column_multiple);
    }
    if (!sparse_in_groups(request.layer.weights, pattern.kept, pattern.group)) {
      return "some " + std::to_string(pattern.group) + " neighbouring weights hold more than " +
             std::to_string(pattern.kept) + " nonzeros";
    }
    return cusparselt().problem();
  }

  std::vector<std::unique_ptr<CudaRunner>> make(const CudaRequest& request) const override {
    if (const std::string why = refusal(request); !why.empty()) throw CudaError(why);
    Product product;
    as_product(request, &product);
    const LibraryTask task(request);
    DenseWeights dense = dense_weights(request.layer, request.precision);
    StructuredPlan plan({product, request.precision, nullptr, false}, {});
    const auto weights = std::make_shared<const StructuredWeights>(
        StructuredWeights{plan.compress(dense.values), std::move(dense.bias), std::move(dense.bias_stored)});
    std::vector<StructuredChoice> choices;
    try {
      choices.push_back(plan.search(weights->compressed));
    } catch (const CudaError&) {
      // Then its algorithms as they are.
    }
    for (int id = 0; id < plan.algorithms(); ++id) choices.push_back({id, {}, {}, {}});
    std::vector<Attempt> attempts;
    const bool more = task.relu || !request.layer.bias.empty();
    for (const bool fused : {true, false}) {
      if (!fused && !more) continue;
      for (const StructuredChoice& choice : choices) {
        attempts.push_back(
            [=] { return std::make_unique<StructuredRunner>(task, product, fused, choice, weights); });
      }
    }
    return fastest(request, attempts, SearchCounts::kYes);
  }
};

}  // namespace

std::shared_ptr<const CudaCandidate> cusparselt_candidate() {
  return std::make_shared<const CusparseLtCandidate>();
}

}  // namespace coppice::kernels
#else
namespace coppice::kernels {

std::shared_ptr<const CudaCandidate> cusparselt_candidate() {
  return absent_candidate("cusparselt", true, "built without cusparseLt.h");
}

}  // namespace coppice::kernels
#endif
