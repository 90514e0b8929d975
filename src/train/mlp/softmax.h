#pragma once
#include <cstdint>

namespace coppice {

struct ExampleLoss {
  double loss = 0;   ///< Cross-entropy, natural logarithm; not finite where a logit is not.
  bool hit = false;  ///< The label's logit is the largest, and the first of equals.
};

/// Softmax cross-entropy of one example, and its gradient by the logits times `scale`.
ExampleLoss softmax_cross_entropy(const float* logits, std::int64_t classes, std::int32_t label, float scale,
                                  float* gradient);

}  // namespace coppice
