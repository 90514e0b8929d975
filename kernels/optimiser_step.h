#pragma once
#include <cstdint>

namespace coppice::kernels {

/// Hyperparameters of one step of an optimiser, and what is left of them for the arithmetic: the same for
/// every kernel that updates weights, wherever it runs.

/// Doubles, as in torch.optim: what enters the float arithmetic (1 - beta2, say) is rounded once.
struct SgdStep {
  double learning_rate = 0;
  double momentum = 0;
  double weight_decay = 0;
};

struct AdamStep {
  double learning_rate = 0;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;  ///< Added to the gradient (L2), as torch.optim.Adam does.
  std::int64_t number = 1;  ///< 1 at the first update since the state was zero.
};

/// The same folded into the floats that a sweep needs:
///   g += weight_decay * value
///   m = momentum * m + g;  value -= learning_rate * m
struct SgdRule {
  float learning_rate, momentum, weight_decay;
};

///   g += weight_decay * value
///   m += blend1 * (g - m);  v = beta2 * v + blend2 * g * g
///   value -= step_size * m / (sqrt(v) * inverse_correct + epsilon)
struct AdamRule {
  float weight_decay;
  float blend1;           ///< 1 - beta1
  float beta2, blend2;    ///< blend2 = 1 - beta2
  float step_size;        ///< learning_rate / (1 - beta1^t)
  float inverse_correct;  ///< 1 / sqrt(1 - beta2^t)
  float epsilon;
};

SgdRule fold(const SgdStep& step);
AdamRule fold(const AdamStep& step);

}  // namespace coppice::kernels
