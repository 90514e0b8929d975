// y = act(W x + bias + residual) for 9 to 64 images on tensor cores: weights are loaded as sparse and
// computed as dense.
// - A warp owns 16 to 64 rows, and in shared memory a dense tile of them, 64 columns wide and full of zeros.
//   It scatters the words of a slice into it, multiplies it by x, and puts zeros there again.
// - Words and x come through a ring of stages, filled by asynchronous copies several slices ahead. There is
//   no slice without nonzeros, and one with more than a stage holds comes in several: none is ever dropped.
// - The slices of a block of rows are shared out among several blocks of threads where there would be too few
//   of these, and in turn among the teams of warps of a block. Sums are added through shared memory and then
//   by the last of the blocks, in one order: results are the same in every run.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/row_plan/store_rows.cuh"
#include "kernels/cuda/scatter_mma/finish.cuh"
#include "kernels/cuda/scatter_mma/problem.h"
#include "kernels/cuda/scatter_mma/stage.cuh"
#include "kernels/cuda/scatter_mma/tile.cuh"

namespace coppice::kernels {

/// Blocks of the most threads that are to fit into a multiprocessor's registers.
constexpr int scatter_blocks(int row_tiles, int pairs) { return row_tiles * pairs > 8 ? 1 : 2; }

/// Groups of words that a lane keeps in registers until it erases them.
template <int kRowTiles, int kPairs>
inline constexpr int kScatterKept = kRowTiles* kPairs == 8 ? 2 : 4;

/// For up to 16 kPairs images; a block of threads for each part. Shared memory: the warps' tiles, the
/// teams' stages, a flag; in the end sums in place of tiles and stages.
template <int kRowTiles, int kPairs, bool kImagesLast>
__global__ void __launch_bounds__(kScatterMostThreads, scatter_blocks(kRowTiles, kPairs))
    scatter_mma_kernel(const ScatterProblem p) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  using Tile = ScatterTile<kRowTiles>;
  using X = ScatterX<kPairs, kImagesLast>;
  using Sums = ScatterSums<kRowTiles, kPairs>;
  const std::uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const std::uint32_t team_threads = blockDim.x / p.teams, number = threadIdx.x / team_threads;
  const ScatterTeam team{number, team_threads, threadIdx.x - number * team_threads};
  const ScatterPart part = p.parts[blockIdx.x];
  unsigned char* const shared = shared_memory();
  unsigned char* const tile = shared + warp * Tile::kBytes;
  unsigned char* const stages = shared + blockDim.x / 32 * Tile::kBytes + team.number * p.stage_bytes;
  const std::uint32_t stage_step = p.teams * p.stage_bytes, ahead = p.stages - 1;

  // Weights: nothing that another launch writes.
  ScatterAhead<kImagesLast> first[kScatterMostStages - 1] = {};
#pragma unroll
  for (std::uint32_t i = 0; i < kScatterMostStages - 1; ++i) {
    const std::uint32_t start = blockIdx.x * (p.teams * ahead + 1) + team.number + i * p.teams;
    if (i < ahead) first[i].load_span(p.starts + start);
  }
#pragma unroll
  for (std::uint32_t i = 0; i < kScatterMostStages - 1; ++i) {
    if (i < ahead) copy_scatter_words(p, team, first[i], stages + i * stage_step + X::kBytes);
    const std::uint32_t slice = part.first + team.number + i * p.teams;
    if (i < ahead && slice < part.end) first[i].load_columns(p, slice);
  }
  Tile::clear(tile, lane);
  let_next_launch_begin();
  wait_for_previous_launch();
#pragma unroll
  for (std::uint32_t i = 0; i < kScatterMostStages - 1; ++i) {
    if (i < ahead) {
      if (first[i].begin < first[i].end) X::copy(p, team, first[i], stages + i * stage_step);
      async_commit();
    }
  }

  float sums[kRowTiles][2 * kPairs][4] = {};
  ScatterAhead<kImagesLast> next = {};
  std::uint32_t slice = part.first + team.number, coming = slice + ahead * p.teams;
  if (coming < part.end) next.load(p, coming);
  std::uint32_t stage = 0, free = ahead;
#pragma unroll 1
  for (std::uint32_t round = part.first; round < part.end; round += p.teams) {
    wait_for_stages(ahead - 1);
    __syncthreads();  // the slices are there, and those before them have been used
    if (coming < part.end) {
      unsigned char* const to = stages + free * stage_step;
      copy_scatter_words(p, team, next, to + X::kBytes);
      X::copy(p, team, next, to);
      coming += p.teams;
      if (coming < part.end) next.load(p, coming);
    }
    async_commit();
    const unsigned char* const x = stages + stage * stage_step;
    const std::uint16_t* const header = reinterpret_cast<const std::uint16_t*>(x + X::kBytes);
    const uint4* const groups = reinterpret_cast<const uint4*>(x + X::kBytes);
    const std::uint32_t place = team.thread / 32;
    const std::uint32_t begin = slice < part.end ? header[place] : 0;
    const std::uint32_t end = slice < part.end ? header[place + 1] : 0;
    if (begin < end) {
      typename Tile::template Kept<kScatterKept<kRowTiles, kPairs>> kept;
      Tile::scatter(tile, groups, begin, end, lane, kept);
      __syncwarp();
      Tile::template multiply<kPairs, kImagesLast>(tile, x, lane, sums);
      __syncwarp();
      Tile::erase(tile, groups, begin, end, lane, kept);
    }
    slice += p.teams;
    free = stage;
    stage = stage + 1 < p.stages ? stage + 1 : 0;
  }
  async_wait<0>();
  __syncthreads();  // the last slices have been used

  const Sums finish{p, part, reinterpret_cast<float*>(shared), p.out.block_slots};
  finish.put(sums, warp * Tile::kRows, lane);
  __syncthreads();
  if (part.parts > 1) {
    finish.leave();
    if (!finish.last()) return;
    finish.add_parts();
    __syncthreads();
  } else if (p.teams > 1) {
    finish.add_teams();
    __syncthreads();
  }
  store_rows<std::uint16_t>(p.out, part.row_block, finish.sums, Sums::kPitch, 0, p.out.images);
#endif
}

}  // namespace coppice::kernels
