#pragma once
#include <cstdint>

namespace coppice {

/// Softmax cross-entropy of one example, natural logarithm, and its gradient by the logits times `scale`
/// where `gradient` is not null.
double softmax_cross_entropy(const float* logits, std::int64_t classes, std::int32_t label, float scale,
                             float* gradient);

/// Index of the largest value, the first one of equals.
std::int64_t largest(const float* values, std::int64_t count);

}  // namespace coppice
