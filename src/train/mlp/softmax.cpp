#include "train/mlp/softmax.h"

#include <algorithm>
#include <cmath>

namespace coppice {

double softmax_cross_entropy(const float* logits, std::int64_t classes, std::int32_t label, float scale,
                             float* gradient) {
  const float top = *std::max_element(logits, logits + classes);
  double sum = 0;
  for (std::int64_t j = 0; j < classes; ++j) {
    const float power = std::exp(logits[j] - top);
    if (gradient) gradient[j] = power;
    sum += power;
  }
  if (gradient) {
    const float factor = static_cast<float>(scale / sum);
    for (std::int64_t j = 0; j < classes; ++j) gradient[j] *= factor;
    gradient[label] -= scale;
  }
  return std::log(sum) - static_cast<double>(logits[label] - top);
}

std::int64_t largest(const float* values, std::int64_t count) {
  return std::max_element(values, values + count) - values;
}

}  // namespace coppice
