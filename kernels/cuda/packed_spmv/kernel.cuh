// y = act(W x + bias + residual) for 1 to 8 images. The work is to read W once, as fast as memory gives it:
// - A block of threads has a range of rows with its fair share of the nonzeros, cut into pieces that teams of
//   lanes take round by round, each with several 16-byte loads under way. Those of the next piece begin while
//   this one is multiplied; the first begin before x is there and before the previous launch has ended.
// - Activations are gathered from shared memory, all images of a column at once; where they do not fit, one
//   block of columns after the other.
// - Sums of pieces are added in one order, whatever the timing: results are the same in every run.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/packed_spmv/columns.cuh"
#include "kernels/cuda/packed_spmv/problem.h"
#include "kernels/cuda/packed_spmv/words.cuh"

namespace coppice::kernels {

struct SpmvSpan {
  std::uint32_t begin, end, target;
};
__device__ __forceinline__ SpmvSpan spmv_span(const SpmvPiece* piece) {
  const SpmvPiece here = *piece;
  return {here.begin, piece[1].begin, here.target};
}

/// Sums over the lanes of a team, each image in the lanes whose number is its own modulo kImages: halves are
/// exchanged as long as there are several, so that 8 images cost 9 shuffles instead of 40.
template <int kImages>
__device__ __forceinline__ float sum_over_team(float (&sums)[kImages], std::uint32_t lane,
                                               std::uint32_t lanes) {
#pragma unroll
  for (int half = kImages / 2; half >= 1; half /= 2) {
    const bool upper = (lane & half) != 0;
#pragma unroll
    for (int i = 0; i < half; ++i) {
      const float kept = upper ? sums[i + half] : sums[i], given = upper ? sums[i] : sums[i + half];
      sums[i] = kept + __shfl_xor_sync(0xffffffffu, given, half);
    }
  }
  float sum = sums[0];
  for (std::uint32_t offset = kImages; offset < lanes; offset *= 2) {
    sum += __shfl_xor_sync(0xffffffffu, sum, static_cast<int>(offset));
  }
  return sum;
}

/// Behind the columns and the slot that holds 0 (spmv_shared_bytes).
template <class Element, int kImages>
__device__ __forceinline__ float* spmv_partial_sums(const SpmvProblem& p, unsigned char* shared) {
  const std::uint32_t bytes = (p.block_columns + 1) * SpmvColumns<Element, kImages>::kWords * 4;
  return reinterpret_cast<float*>(shared + ((bytes + 15) & ~15u));
}

/// What finishes a row: for the lane that holds one of its images.
template <class Element>
struct SpmvAddends {
  float bias = 0;
  Element residual = 0;  // as it comes, so that nothing waits for it yet

  __device__ __forceinline__ void load(const SpmvProblem& p, std::uint32_t row, std::uint32_t image) {
    if (p.bias) bias = p.bias[row];
    if (p.residual) residual = static_cast<const Element*>(p.residual)[offset(p, row, image)];
  }
  __device__ __forceinline__ void finish(const SpmvProblem& p, std::uint32_t row, std::uint32_t image,
                                         float sum) const {
    const float value = sum + bias + to_float(residual);
    store_element(static_cast<Element*>(p.y) + offset(p, row, image), activated(value, p.relu));
  }

 private:
  static __device__ __forceinline__ std::int64_t offset(const SpmvProblem& p, std::uint32_t row,
                                                        std::uint32_t image) {
    return row * p.y_row + image * p.y_image;
  }
};

/// One block of threads, a multiple of 32, for each range of rows. Teams have at least kImages lanes.
template <class Group, int kImages, int kLoads>
__global__ void __launch_bounds__(spmv_most_threads(sizeof(Group), kImages, kLoads), 1)
    packed_spmv_kernel(const SpmvProblem p) {
  using Element = typename Group::Element;
  const std::uint32_t lanes = 1u << p.lane_bits, lane = threadIdx.x & (lanes - 1);
  const std::uint32_t teams = blockDim.x >> p.lane_bits;
  const std::uint32_t step = static_cast<std::uint32_t>(kLoads) << p.lane_bits;
  const SpmvPiece* piece = p.pieces + blockIdx.x * p.pieces_per_range + (threadIdx.x >> p.lane_bits);

  // Weights: nothing that another launch writes.
  SpmvSpan here = spmv_span(piece), next = spmv_span(piece + teams);
  Group groups[kLoads] = {};
#pragma unroll
  for (int i = 0; i < kLoads; ++i) {
    const std::uint32_t at = here.begin + (i << p.lane_bits) + lane;
    if (at < here.end) groups[i] = Group::load(p, at);
  }
  let_next_launch_begin();

  unsigned char* shared = shared_memory();
  if (threadIdx.x == 0) {
    const std::uint32_t zeros[SpmvColumns<Element, kImages>::kWords] = {};
    SpmvColumns<Element, kImages>::write(shared, p.block_columns, p.block_columns, zeros);
  }
  wait_for_previous_launch();

  std::uint32_t round = 0;
#pragma unroll 1
  for (std::uint32_t block = 0; block < p.column_blocks; ++block) {
    const std::uint32_t rounds = p.rounds[static_cast<std::size_t>(blockIdx.x) * p.column_blocks + block];
    if (block > 0) __syncthreads();  // the columns before these have been used
    const std::uint32_t first = block * p.block_columns, left = p.columns - first;
    stage_columns<Element, kImages>(p, first, left < p.block_columns ? left : p.block_columns, shared);
    __syncthreads();
#pragma unroll 1
    for (; round < rounds; ++round) {
      piece += teams;
      const SpmvSpan after = spmv_span(piece + teams);  // two rounds without work stand behind the last
      // The lanes that will hold a finished row's images ask for what is added to them.
      const std::uint32_t target = here.target;
      const bool writes = lane < p.images && target < kSpmvPartial;
      SpmvAddends<Element> addends;
      if (writes) addends.load(p, target, lane);
      float sums[kImages] = {};
#pragma unroll 1
      do {  // at least once, so that the next piece is asked for
        const bool last = here.begin + step >= here.end;
        const std::uint32_t from = last ? next.begin : here.begin + step, end = last ? next.end : here.end;
#pragma unroll
        for (int i = 0; i < kLoads; ++i) {
          const std::uint32_t ahead = (i << p.lane_bits) + lane;
          if (here.begin + ahead < here.end) groups[i].add(p.block_columns, shared, sums);
          if (from + ahead < end) groups[i] = Group::load(p, from + ahead);
        }
        here.begin += step;
      } while (here.begin < here.end);

      const float sum = sum_over_team(sums, lane, lanes);
      if (writes) {
        addends.finish(p, target, lane, sum);
      } else if (lane < p.images && target >= kSpmvPartial && target != kSpmvNobody) {
        spmv_partial_sums<Element, kImages>(p, shared)[(target - kSpmvPartial) * kImages + lane] = sum;
      }
      here = next;
      next = after;
    }
  }
  if (!p.split_rows) return;
  __syncthreads();
  const float* partial_sums = spmv_partial_sums<Element, kImages>(p, shared);
  const std::uint32_t begin = p.split_rows_from[blockIdx.x], end = p.split_rows_from[blockIdx.x + 1];
#pragma unroll 1
  for (std::uint32_t i = threadIdx.x; i < (end - begin) * kImages; i += blockDim.x) {
    const SpmvSplitRow split = p.split_rows[begin + i / kImages];
    const std::uint32_t image = i % kImages;
    if (image >= p.images) continue;
    SpmvAddends<Element> addends;
    addends.load(p, split.row, image);
    float sum = 0;
    for (std::uint32_t part = split.first; part < split.last; ++part) {
      sum += partial_sums[part * kImages + image];
    }
    addends.finish(p, split.row, image, sum);
  }
}

}  // namespace coppice::kernels
