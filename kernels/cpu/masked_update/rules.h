#pragma once
#include <cstdint>

#include "kernels/cpu/masked_update/masked_update.h"

namespace coppice::kernels {

/// The update rules with their hyperparameters folded into the floats that the sweep needs, and the sweeps
/// themselves for one range of elements, once for every instruction set level.

struct SgdRule {
  float learning_rate, momentum, weight_decay;
};

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

/// What an optimiser keeps for each element: one or two arrays.
struct SgdArrays {
  float* value;
  const float* gradient;
  float* velocity;  ///< May be null where momentum is 0.
  const std::uint64_t* mask;
};

struct AdamArrays {
  float* value;
  const float* gradient;
  float* first;
  float* second;
  const std::uint64_t* mask;
};

#define COPPICE_DECLARE_MASKED_UPDATE(isa)                                                          \
  namespace isa {                                                                                   \
  void masked_sgd_range(const SgdArrays&, const SgdRule&, std::int64_t begin, std::int64_t end);    \
  void masked_adam_range(const AdamArrays&, const AdamRule&, std::int64_t begin, std::int64_t end); \
  }

/// `begin` must be a multiple of 64.
#if defined(__x86_64__)
COPPICE_DECLARE_MASKED_UPDATE(v2)
COPPICE_DECLARE_MASKED_UPDATE(v3)
COPPICE_DECLARE_MASKED_UPDATE(v4)
#else
COPPICE_DECLARE_MASKED_UPDATE(portable)
#endif
#undef COPPICE_DECLARE_MASKED_UPDATE

}  // namespace coppice::kernels
