#include "kernels/cpu/masked_update/masked_update.h"

#include <algorithm>

#include "kernels/cpu/isa.h"
#include "kernels/cpu/masked_update/rules.h"

namespace coppice::kernels {

namespace {

// Below this a sweep takes a few microseconds, about what waking the threads costs.
constexpr std::int64_t kParallelFrom = 32 * 1024;
constexpr std::int64_t kChunk = 8 * 1024;  // a multiple of 64: no mask word belongs to two threads

template <class Range>
void over_chunks(std::int64_t count, Range&& range) {
  if (count < kParallelFrom) return range(std::int64_t{0}, count);
  const std::int64_t chunks = (count + kChunk - 1) / kChunk;
#pragma omp parallel for schedule(static)
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    range(chunk * kChunk, std::min(count, (chunk + 1) * kChunk));
  }
}

using SgdRange = void (*)(const SgdArrays&, const SgdRule&, std::int64_t, std::int64_t);
using AdamRange = void (*)(const AdamArrays&, const AdamRule&, std::int64_t, std::int64_t);

struct Sweeps {
  SgdRange sgd;
  AdamRange adam;
};

Sweeps sweeps() {
#if defined(__x86_64__)
  switch (isa()) {
    case Isa::kV4: return {v4::masked_sgd_range, v4::masked_adam_range};
    case Isa::kV3: return {v3::masked_sgd_range, v3::masked_adam_range};
    case Isa::kV2: break;
  }
  return {v2::masked_sgd_range, v2::masked_adam_range};
#else
  return {portable::masked_sgd_range, portable::masked_adam_range};
#endif
}

}  // namespace

void masked_sgd(float* value, const float* gradient, float* velocity, const std::uint64_t* mask,
                std::int64_t count, const SgdStep& step) {
  const SgdRule rule = fold(step);
  const SgdArrays arrays{value, gradient, velocity, mask};
  const SgdRange sweep = sweeps().sgd;
  over_chunks(count, [&](std::int64_t begin, std::int64_t end) { sweep(arrays, rule, begin, end); });
}

void masked_adam(float* value, const float* gradient, float* first, float* second, const std::uint64_t* mask,
                 std::int64_t count, const AdamStep& step) {
  const AdamRule rule = fold(step);
  const AdamArrays arrays{value, gradient, first, second, mask};
  const AdamRange sweep = sweeps().adam;
  over_chunks(count, [&](std::int64_t begin, std::int64_t end) { sweep(arrays, rule, begin, end); });
}

}  // namespace coppice::kernels
