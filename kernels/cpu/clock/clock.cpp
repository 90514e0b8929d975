#include "kernels/cpu/clock/clock.h"

namespace coppice::kernels {

double chain_burst(std::int64_t rounds) {
  constexpr int kLength = 128;
  // The step comes from memory that the compiler cannot see through: with a constant the whole chain could be
  // folded, and recent processors add small constants in no time at all.
  volatile std::int64_t seen_step = 3;
  const std::int64_t step = seen_step;
  std::int64_t value = step;
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 128
    for (int i = 0; i < kLength; ++i) {
      value += step;
      asm volatile("" : "+r"(value));  // one addition at a time
    }
  }
  volatile std::int64_t sink = value;
  (void)sink;
  return static_cast<double>(kLength) * static_cast<double>(rounds);
}

}  // namespace coppice::kernels
