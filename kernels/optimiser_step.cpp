#include "kernels/optimiser_step.h"

#include <cmath>

namespace coppice::kernels {

SgdRule fold(const SgdStep& step) {
  return {static_cast<float>(step.learning_rate), static_cast<float>(step.momentum),
          static_cast<float>(step.weight_decay)};
}

AdamRule fold(const AdamStep& step) {
  const double number = static_cast<double>(step.number);
  AdamRule rule;
  rule.weight_decay = static_cast<float>(step.weight_decay);
  rule.blend1 = static_cast<float>(1 - step.beta1);
  rule.beta2 = static_cast<float>(step.beta2);
  rule.blend2 = static_cast<float>(1 - step.beta2);
  rule.step_size = static_cast<float>(step.learning_rate / (1 - std::pow(step.beta1, number)));
  rule.inverse_correct = static_cast<float>(1 / std::sqrt(1 - std::pow(step.beta2, number)));
  rule.epsilon = static_cast<float>(step.epsilon);
  return rule;
}

}  // namespace coppice::kernels
