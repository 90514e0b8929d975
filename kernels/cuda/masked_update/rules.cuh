// The formulas of kernels/optimiser_step.h for one element, with every rounding said: a product that is added
// to something is not rounded itself, as in the CPU's sweeps where the CPU has such instructions (v3, v4).
// Both give the same bits.
#pragma once
#include "kernels/cuda/device.cuh"
#include "kernels/optimiser_step.h"

namespace coppice::kernels {

// kStates: arrays that are written; kReads: of those, how many are read before. kBlocks: of 256 threads on a
// multiprocessor, as many as the registers of the loads under way allow.

/// No momentum, and no state.
struct StatelessSgd {
  using Rule = SgdRule;
  static constexpr int kStates = 0, kReads = 0, kBlocks = 4;

  static __device__ __forceinline__ void step(const Rule& rule, float gradient, float& value, float*) {
    gradient = __fmaf_rn(rule.weight_decay, value, gradient);
    value = __fmaf_rn(-rule.learning_rate, gradient, value);
  }
};

/// No momentum, but a velocity: it becomes the gradient whatever it was.
struct FreshSgd {
  using Rule = SgdRule;
  static constexpr int kStates = 1, kReads = 0, kBlocks = 4;

  static __device__ __forceinline__ void step(const Rule& rule, float gradient, float& value, float* state) {
    state[0] = __fmaf_rn(rule.weight_decay, value, gradient);
    value = __fmaf_rn(-rule.learning_rate, state[0], value);
  }
};

struct MomentumSgd {
  using Rule = SgdRule;
  static constexpr int kStates = 1, kReads = 1, kBlocks = 3;

  static __device__ __forceinline__ void step(const Rule& rule, float gradient, float& value, float* state) {
    gradient = __fmaf_rn(rule.weight_decay, value, gradient);
    state[0] = __fmaf_rn(rule.momentum, state[0], gradient);
    value = __fmaf_rn(-rule.learning_rate, state[0], value);
  }
};

struct Adam {
  using Rule = AdamRule;
  static constexpr int kStates = 2, kReads = 2, kBlocks = 2;

  static __device__ __forceinline__ void step(const Rule& rule, float gradient, float& value, float* state) {
    gradient = __fmaf_rn(rule.weight_decay, value, gradient);
    state[0] = __fmaf_rn(rule.blend1, gradient - state[0], state[0]);
    state[1] = __fmaf_rn(rule.beta2, state[1], rule.blend2 * gradient * gradient);
    const float root = __fmaf_rn(__fsqrt_rn(state[1]), rule.inverse_correct, rule.epsilon);
    value -= __fdiv_rn(rule.step_size * state[0], root);
  }
};

}  // namespace coppice::kernels
