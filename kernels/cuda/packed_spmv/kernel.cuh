// y = act(W x + bias + residual) for 1 to 8 images. The work is to read W once, as fast as memory gives it,
// so:
// - A block of threads has a range of rows with its fair share of the nonzeros, cut into pieces that teams of
//   lanes take round by round, each with several 16-byte loads under way: those of the next piece begin while
//   this one is multiplied, and those of the first before x is there and before the launch before this one
//   ends.
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
/// A team's piece of a round. There are two rounds without work behind the last.
__device__ __forceinline__ SpmvSpan spmv_span(const SpmvPiece* pieces, std::uint32_t round,
                                              std::uint32_t teams) {
  const SpmvPiece* piece = pieces + static_cast<std::size_t>(round) * teams;
  return {piece[0].begin, piece[1].begin, piece[0].target};
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

template <class Element>
__device__ __forceinline__ void spmv_output(const SpmvProblem& p, std::int64_t at, float sum, float bias,
                                            float residual) {
  const float value = sum + bias + residual;
  store_element(static_cast<Element*>(p.y) + at, p.relu && value < 0 ? 0.0f : value);
}

/// One block of threads for each range of rows. Threads: a multiple of 32; 32 lanes and more than kLoads == 4
/// loads: at most 512. Teams have at least kImages lanes.
template <class Group, int kImages, int kLoads>
__global__ void __launch_bounds__(kLoads > 4 ? 512 : 1024, kLoads > 4 ? 2 : 1)
    packed_spmv_kernel(const SpmvProblem p) {
  using Element = typename Group::Element;
  const std::uint32_t lanes = 1u << p.lane_bits, lane = threadIdx.x & (lanes - 1);
  const std::uint32_t teams = blockDim.x >> p.lane_bits;
  const SpmvPiece* pieces =
      p.pieces + static_cast<std::size_t>(blockIdx.x) * p.pieces_per_range + (threadIdx.x >> p.lane_bits);
  const std::uint32_t step = static_cast<std::uint32_t>(kLoads) << p.lane_bits;

  // Weights: nothing that another launch writes.
  SpmvSpan here = spmv_span(pieces, 0, teams), next = spmv_span(pieces, 1, teams);
  Group groups[kLoads];
#pragma unroll
  for (int i = 0; i < kLoads; ++i) {
    const std::uint32_t at = here.begin + (i << p.lane_bits) + lane;
    groups[i] = at < here.end ? Group::load(p, at) : Group::zeros(p.block_columns);
  }
  const std::uint32_t* rounds = p.rounds + static_cast<std::size_t>(blockIdx.x) * p.column_blocks;
  const std::uint32_t split_from = p.split_rows_from[blockIdx.x],
                      split_to = p.split_rows_from[blockIdx.x + 1];
  let_next_launch_begin();

  unsigned char* shared = shared_memory();
  constexpr std::uint32_t kColumnBytes = sizeof(Element) * kImages;
  float* partial_sums =
      reinterpret_cast<float*>(shared + (((p.block_columns + 1) * kColumnBytes + 15) & ~std::uint32_t{15}));
  if (threadIdx.x == 0) {
    const std::uint32_t zeros[SpmvColumns<Element, kImages>::kWords] = {};
    SpmvColumns<Element, kImages>::write(shared, p.block_columns, p.block_columns, zeros);
  }
  wait_for_previous_launch();

  std::uint32_t round = 0;
  for (std::uint32_t block = 0; block < p.column_blocks; ++block) {
    const std::int64_t first = static_cast<std::int64_t>(block) * p.block_columns;
    const std::int64_t left = p.columns - first;
    const std::uint32_t end_of_block = rounds[block];
    if (block > 0) __syncthreads();  // the columns before these have been used
    stage_columns<Element, kImages>(
        p, first, left < p.block_columns ? static_cast<std::uint32_t>(left) : p.block_columns, shared);
    __syncthreads();
    for (; round < end_of_block; ++round) {
      const SpmvSpan after = spmv_span(pieces, round + 2, teams);
      // The lanes that will hold a finished row's images ask for what is added to them.
      const bool writes = lane < p.images && here.target < kSpmvPartial;
      const std::int64_t to = here.target * p.y_row + lane * p.y_image;
      const float bias = writes && p.bias ? p.bias[here.target] : 0.0f;
      const float residual =
          writes && p.residual ? load_element(static_cast<const Element*>(p.residual) + to) : 0.0f;
      float sums[kImages] = {};
      std::uint32_t at = here.begin;
      do {  // at least once, so that the next piece is asked for
        const bool last = at + step >= here.end;
        const std::uint32_t from = last ? next.begin : at + step, end = last ? next.end : here.end;
#pragma unroll
        for (int i = 0; i < kLoads; ++i) {
          const Group group = groups[i];
          const std::uint32_t wanted = from + (i << p.lane_bits) + lane;
          groups[i] = wanted < end ? Group::load(p, wanted) : Group::zeros(p.block_columns);
          if (at + (i << p.lane_bits) < here.end) group.add(p.block_columns, shared, sums);
        }
        at += step;
      } while (at < here.end);

      const float sum = sum_over_team(sums, lane, lanes);
      if (writes) {
        spmv_output<Element>(p, to, sum, bias, residual);
      } else if (lane < kImages && here.target != kSpmvNobody) {
        partial_sums[(here.target - kSpmvPartial) * kImages + lane] = sum;
      }
      here = next;
      next = after;
    }
  }
  if (split_from == split_to) return;
  __syncthreads();
  const std::uint32_t outputs = (split_to - split_from) * kImages;
  for (std::uint32_t i = threadIdx.x; i < outputs; i += blockDim.x) {
    const SpmvSplitRow row = p.split_rows[split_from + i / kImages];
    const std::uint32_t image = i % kImages;
    if (image >= p.images) continue;
    float sum = 0;
    for (std::uint32_t part = row.first; part < row.last; ++part) sum += partial_sums[part * kImages + image];
    const std::int64_t to = row.row * p.y_row + image * p.y_image;
    spmv_output<Element>(p, to, sum, p.bias ? p.bias[row.row] : 0.0f,
                         p.residual ? load_element(static_cast<const Element*>(p.residual) + to) : 0.0f);
  }
}

}  // namespace coppice::kernels
