#include "train/mlp/softmax.h"

#include <bit>
#include <cmath>
#include <cstdint>

namespace coppice {

namespace {

// exp(x) for x <= 0 to 2 units in the last place, without a branch, so that compilers vectorise the loop over
// classes: 2^n from the exponent bits, and on the rest, |r| <= ln 2 / 2, the Taylor series. NaN stays NaN;
// below -87 stands -87.
float exp_of(float x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it leaves the nearest integer in the low bits
  const float bounded = x < -87.0f ? -87.0f : x;
  const float shifted = bounded * 1.44269504f + kRound;
  const float n = shifted - kRound;
  const float r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;  // ln 2 in two parts
  float power = (1.0f / 5040 * r + 1.0f / 720) * r + 1.0f / 120;
  power = ((power * r + 1.0f / 24) * r + 1.0f / 6) * r + 0.5f;
  power = (power * r + 1.0f) * r + 1.0f;
  return power * std::bit_cast<float>((std::bit_cast<std::uint32_t>(shifted) + 127u) << 23);
}

}  // namespace

ExampleLoss softmax_cross_entropy(const float* logits, std::int64_t classes, std::int32_t label, float scale,
                                  float* gradient) {
  float top = logits[0];
  for (std::int64_t j = 1; j < classes; ++j) top = logits[j] > top ? logits[j] : top;
  for (std::int64_t j = 0; j < classes; ++j) gradient[j] = exp_of(logits[j] - top);
  double sum = 0;
  for (std::int64_t j = 0; j < classes; ++j) sum += gradient[j];
  const float factor = static_cast<float>(scale / sum);
  for (std::int64_t j = 0; j < classes; ++j) gradient[j] *= factor;
  gradient[label] -= scale;
  bool hit = logits[label] == top;
  for (std::int64_t j = 0; hit && j < label; ++j) hit = logits[j] != top;
  return {std::log(sum) - static_cast<double>(logits[label] - top), hit};
}

}  // namespace coppice
