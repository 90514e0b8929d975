#pragma once
#include <cstdint>

#include "kernels/optimiser_step.h"

namespace coppice::kernels {

/// The sweeps for one range of elements, once for every instruction set level.

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
