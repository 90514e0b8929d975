#pragma once
#include "kernels/cpu/batch_norm/batch_norm.h"

namespace coppice::kernels {

/// The sweeps over some rows, once for every instruction set level. Pointers in the arguments are those of
/// the whole arrays; `begin` and `end` are rows.

/// How the ReLU's mask comes about in the backward sweeps.
enum class Gate {
  kOpen,     ///< No ReLU.
  kInput,    ///< From x: the forward sweep's sum is formed again, cheaper than loading its result.
  kOutput,   ///< From y; the first sweep writes the masked gradient to d_addend.
  kWritten,  ///< Second sweep after kOutput: the masked gradient is read from d_addend.
};

/// Per channel: dx = outer * g + slope * (x - mean) + offset.
struct NormSlopes {
  const float* outer;
  const float* slope;
  const float* offset;
};

#define COPPICE_DECLARE_NORM(isa)                                                                        \
  namespace isa {                                                                                        \
  void norm_moments(const float* x, std::int64_t begin, std::int64_t end, std::int64_t channels,         \
                    float* mean, float* squares);                                                        \
  void norm_apply_rows(const float* x, const float* addend, NormAffine, bool relu, float* y,             \
                       std::int64_t begin, std::int64_t end, std::int64_t channels);                     \
  void norm_sums(const NormBackward&, Gate, std::int64_t begin, std::int64_t end, std::int64_t channels, \
                 float* sum, float* product);                                                            \
  void norm_gradient(const NormBackward&, Gate, NormSlopes, std::int64_t begin, std::int64_t end,        \
                     std::int64_t channels);                                                             \
  }

/// norm_moments: mean of the rows, and the sum of squared differences from it.
/// norm_sums: the sums over the rows of the gated gradient g, and of g * (x - mean).
#if defined(__x86_64__)
COPPICE_DECLARE_NORM(v2)
COPPICE_DECLARE_NORM(v3)
COPPICE_DECLARE_NORM(v4)
#else
COPPICE_DECLARE_NORM(portable)
#endif
#undef COPPICE_DECLARE_NORM

}  // namespace coppice::kernels
