// One step of an optimiser for one element, written down once more: with every rounding where hardware with
// fused multiply-add has it, and in FP64 with the sums of magnitudes that bound the error.
#pragma once
#include <array>
#include <cmath>

#include "kernels/optimiser_step.h"

namespace coppice::kernels {

/// Value, and up to two states.
using Element = std::array<float, 3>;
using ExactElement = std::array<double, 3>;

inline Element fused_step(const SgdRule& rule, float gradient, Element e, bool momentum) {
  gradient = std::fma(rule.weight_decay, e[0], gradient);
  e[1] = momentum ? std::fma(rule.momentum, e[1], gradient) : gradient;
  e[0] = std::fma(-rule.learning_rate, e[1], e[0]);
  return e;
}

inline Element fused_step(const AdamRule& rule, float gradient, Element e) {
  gradient = std::fma(rule.weight_decay, e[0], gradient);
  e[1] = std::fma(rule.blend1, gradient - e[1], e[1]);
  const float square = rule.blend2 * gradient * gradient;
  e[2] = std::fma(rule.beta2, e[2], square);
  const float root = std::fma(std::sqrt(e[2]), rule.inverse_correct, rule.epsilon);
  const float change = rule.step_size * e[1] / root;
  e[0] = e[0] - change;
  return e;
}

/// As the formulas stand in the headers, and how far from it a step in FP32 may be.
struct ExactStep {
  ExactElement result = {}, allowed = {};
};

inline ExactStep exact_step(const SgdStep& step, double gradient, const Element& e) {
  ExactStep exact;
  const double velocity = step.momentum == 0 ? 0 : step.momentum * e[1];
  const double sum = std::abs(gradient) + std::abs(velocity) + std::abs(step.weight_decay * e[0]);
  exact.result[1] = velocity + gradient + step.weight_decay * e[0];
  exact.result[0] = e[0] - step.learning_rate * exact.result[1];
  exact.allowed[1] = std::ldexp(sum, -21);
  exact.allowed[0] = std::ldexp(std::abs(e[0]) + step.learning_rate * sum, -21);
  return exact;
}

inline ExactStep exact_step(const AdamStep& step, double gradient, const Element& e) {
  ExactStep exact;
  const double t = static_cast<double>(step.number), decayed = step.weight_decay * e[0];
  const double g = gradient + decayed, magnitude = std::abs(gradient) + std::abs(decayed);
  exact.result[1] = step.beta1 * e[1] + (1 - step.beta1) * g;
  exact.result[2] = step.beta2 * e[2] + (1 - step.beta2) * g * g;
  const double first = std::abs(e[1]) + magnitude;
  const double root = std::sqrt(exact.result[2]) / std::sqrt(1 - std::pow(step.beta2, t)) + step.epsilon;
  const double size = step.learning_rate / (1 - std::pow(step.beta1, t));
  exact.result[0] = e[0] - size * exact.result[1] / root;
  exact.allowed[1] = std::ldexp(first, -21);
  exact.allowed[2] = std::ldexp(step.beta2 * e[2] + (1 - step.beta2) * magnitude * magnitude, -21);
  // The second moment's error moves the root by half as much as it is of it.
  const double off = exact.allowed[2] > 0 ? exact.allowed[2] / (2 * exact.result[2]) + std::ldexp(1, -21) : 0;
  exact.allowed[0] =
      std::ldexp(std::abs(e[0]), -23) + size / root * (exact.allowed[1] + off * std::abs(exact.result[1]));
  return exact;
}

}  // namespace coppice::kernels
