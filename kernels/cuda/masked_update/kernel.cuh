// One pass over value, gradient, state and mask of all tensors of a network: memory bounds it, so
// - each array is read and written once, in vectors, with all loads of a thread under way at once, and while
//   they are, the next chunk's mask is fetched;
// - of eight elements that are all pruned nothing is read, and nothing written where they are known to be 0;
// - all tensors are one launch: a list of chunks, dealt to the blocks of threads in turns.
// Blocks share nothing, so the result depends on no order.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/masked_update/parts.cuh"
#include "kernels/cuda/masked_update/problem.h"
#include "kernels/cuda/masked_update/rules.cuh"
#include "kernels/cuda/row_plan/last_to_arrive.cuh"

namespace coppice::kernels {

template <class Update>
__device__ __forceinline__ float* state_of(const UpdateChunk& chunk, int which) {
  return which == 0 ? chunk.first : chunk.second;
}

template <class Rule>
__device__ __forceinline__ Rule rule_of(const UpdateProblem<Rule>& p) {
  return p.planned ? p.planned[min(*p.done, p.last)] : p.rule;
}

/// What a thread has loaded of a chunk.
template <class Update, class Gradient>
struct UpdateLoads {
  float4 value[kUpdateQuads], state[kUpdateQuads][Update::kReads + 1];  // an array of none is none
  GradientQuad<Gradient> gradient[kUpdateQuads];

  __device__ __forceinline__ void begin(const UpdateChunk& chunk, std::uint32_t mask) {
#pragma unroll
    for (int round = 0; round < kUpdateQuads; ++round) {
      if (byte_of(mask, round) == 0) continue;
      const std::uint32_t quad = quad_of(round);
      gradient[round].load(chunk.gradient, quad);
      value[round] = load_quad(chunk.value, quad);
#pragma unroll
      for (int which = 0; which < Update::kReads; ++which)
        state[round][which] = load_quad(state_of<Update>(chunk, which), quad);
    }
  }

  __device__ __forceinline__ void finish(const UpdateChunk& chunk, std::uint32_t mask,
                                         const typename Update::Rule& rule, bool skip_pruned) const {
#pragma unroll
    for (int round = 0; round < kUpdateQuads; ++round) {
      const std::uint32_t quad = quad_of(round), byte = byte_of(mask, round);
      if (!has_quad(chunk, round) || (byte == 0 && skip_pruned)) continue;
      float values[4] = {}, states[Update::kStates + 1][4] = {};
      if (byte != 0) update(round, byte, rule, values, states);
      store_quad(chunk.value, quad, values);
#pragma unroll
      for (int which = 0; which < Update::kStates; ++which)
        store_quad(state_of<Update>(chunk, which), quad, states[which]);
    }
  }

 private:
  __device__ __forceinline__ void update(int round, std::uint32_t byte, const typename Update::Rule& rule,
                                         float (&values)[4], float (&states)[Update::kStates + 1][4]) const {
    float gradients[4];
    gradient[round].floats(gradients);
    values[0] = value[round].x, values[1] = value[round].y;
    values[2] = value[round].z, values[3] = value[round].w;
#pragma unroll
    for (int which = 0; which < Update::kReads; ++which) {
      const float4& s = state[round][which];
      states[which][0] = s.x, states[which][1] = s.y, states[which][2] = s.z, states[which][3] = s.w;
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      float of_one[Update::kStates + 1];
#pragma unroll
      for (int which = 0; which < Update::kStates; ++which) of_one[which] = states[which][i];
      Update::step(rule, gradients[i], values[i], of_one);
      const bool kept = kept_in(byte, round, i);
      values[i] = cleared(values[i], kept);
#pragma unroll
      for (int which = 0; which < Update::kStates; ++which) states[which][i] = cleared(of_one[which], kept);
    }
  }
};

/// Elements that no vector may move: the last of a tensor, and all where it is not aligned.
template <class Update, class Gradient>
__device__ __forceinline__ void update_singles(const UpdateChunk& chunk, const typename Update::Rule& rule,
                                               bool skip_pruned) {
  for (std::uint32_t i = first_single(chunk) + threadIdx.x; i < chunk.elements; i += blockDim.x) {
    const bool kept = kept_at(chunk, i);
    if (!kept && skip_pruned) continue;
    float value = 0, state[Update::kStates + 1] = {};
    if (kept) {
      value = global(chunk.value)[i];
#pragma unroll
      for (int which = 0; which < Update::kReads; ++which)
        state[which] = global(state_of<Update>(chunk, which))[i];
      Update::step(rule, to_float(global(static_cast<const Gradient*>(chunk.gradient))[i]), value, state);
    }
    global(chunk.value)[i] = cleared(value, kept);
#pragma unroll
    for (int which = 0; which < Update::kStates; ++which)
      global(state_of<Update>(chunk, which))[i] = cleared(state[which], kept);
  }
}

template <class Update, class Gradient>
__global__ void __launch_bounds__(kUpdateMostThreads, Update::kBlocks)
    masked_update_kernel(const UpdateProblem<typename Update::Rule> p) {
  std::uint32_t at = blockIdx.x;
  UpdateChunk chunk = p.chunks[at];  // before the previous launch has ended, since nobody writes it
  let_next_launch_begin();
  wait_for_previous_launch();
  const typename Update::Rule rule = rule_of(p);
  const bool skip_pruned = p.skip_pruned != 0;
  MaskBytes bytes = mask_bytes(chunk);
  while (true) {
    const std::uint32_t mask = packed(bytes);
    UpdateLoads<Update, Gradient> loads;
    loads.begin(chunk, mask);
    at = chunk_after(at);
    const bool more = at < p.count;
    if (more) {  // while they are under way
      const UpdateChunk next = p.chunks[at];
      bytes = mask_bytes(next);
    }
    loads.finish(chunk, mask, rule, skip_pruned);
    update_singles<Update, Gradient>(chunk, rule, skip_pruned);
    if (!more) break;
    chunk = p.chunks[at];  // once more, from the nearest cache: cheaper than registers for two
  }
  if (!p.planned) return;
  const bool last = last_to_arrive(p.arrived, gridDim.x, reinterpret_cast<unsigned*>(shared_memory()));
  if (last && threadIdx.x == 0 && *p.done != 0xffffffffu) *p.done += 1;
}

}  // namespace coppice::kernels
