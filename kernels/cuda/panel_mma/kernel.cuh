// y = act(W x + bias + residual) in bf16 for many images, on tensor cores. A panel of 16 rows uses few of the
// columns where W is sparse enough, and only those are multiplied:
// - A block of threads has up to 256 rows, a panel for each warp, so that X is read from the second-level
//   cache once for so many rows. Slices of X come to shared memory two ahead of the one that is multiplied.
// - A panel's columns within a slice are gathered on the way from shared memory to the tensor cores, which
//   costs nothing: load_matrices_transposed takes an address for each row.
// - Weights come past shared memory, packed, a word for each lane, the next while one is multiplied.
// Sums are made in one order, whatever the timing: results are the same in every run.
#pragma once
#include <cstdint>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/panel_mma/multiply.cuh"
#include "kernels/cuda/panel_mma/parts.cuh"
#include "kernels/cuda/panel_mma/problem.h"
#include "kernels/cuda/panel_mma/stage.cuh"
#include "kernels/cuda/row_plan/store_rows.cuh"

namespace coppice::kernels {

/// A warp's records: the one that is multiplied, and the next, which has been asked for. Behind a warp's last
/// stand kPanelRecordsAhead more.
struct PanelRecords {
  std::uint32_t at;
  std::uint32_t word, place;

  __device__ __forceinline__ PanelRecords(const PanelProblem& p, std::uint32_t first) : at(first) {
    const std::uint32_t lane = threadIdx.x & 31u;
    words_ = p.records + static_cast<std::size_t>(first) * 32 + lane;
    places_ = p.places + static_cast<std::size_t>(first) * kPanelRows + (lane & 15u);
    ask();
    word = next_word_, place = next_place_;
    ask();
  }
  __device__ __forceinline__ void step() {
    ++at;
    word = next_word_, place = next_place_;
    ask();
  }

 private:
  std::uint32_t next_word_, next_place_;
  const std::uint32_t* words_;
  const std::uint8_t* places_;

  __device__ __forceinline__ void ask() {
    next_word_ = *words_, next_place_ = *places_;
    words_ += 32, places_ += kPanelRows;
  }
};

/// The sums of a block of threads: [slot of the row plan][kPanelSumsPitch], so that lanes write different
/// banks.
template <int kColumns>
inline constexpr std::uint32_t kPanelSumsPitch = kColumns + 8;

template <int kColumns>
__device__ __forceinline__ void write_sums(const float (&sums)[kColumns / 8][4], float* to) {
  const std::uint32_t row = (threadIdx.x >> 5) * kPanelRows + ((threadIdx.x >> 2) & 7u);
  float* const upper = to + row * kPanelSumsPitch<kColumns> + 2 * (threadIdx.x & 3u);
  float* const lower = upper + 8 * kPanelSumsPitch<kColumns>;
#pragma unroll
  for (int i = 0; i < kColumns / 8; ++i) {
    *reinterpret_cast<float2*>(upper + 8 * i) = float2{sums[i][0], sums[i][1]};
    *reinterpret_cast<float2*>(lower + 8 * i) = float2{sums[i][2], sums[i][3]};
  }
}

/// Grid: work x tiles of kColumns images. Blocks: a warp for each panel.
template <int kColumns, bool kAligned>
__global__ void __launch_bounds__(32 * kPanelMostWarps, 1) panel_mma_kernel(const PanelProblem p) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
  const PanelRing<kColumns, kAligned> ring(p);
  const std::uint32_t warp = threadIdx.x >> 5;
  const std::uint32_t* const from = p.from + p.work[blockIdx.x].from + warp * (ring.slices + 1);
  PanelRecords records(p, from[0]);
  std::uint32_t next_end = from[1];
  let_next_launch_begin();
  wait_for_previous_launch();

  ring.begin();
  float sums[kColumns / 8][4] = {};
#pragma unroll 1
  for (std::uint32_t s = 0; s < ring.slices; ++s) {
    ring.wait_for_slice();
    __syncthreads();
    const std::uint32_t end = next_end;
    next_end = from[s + 2];
    const unsigned char* const slice = ring.slice(s);
    // Every other warp multiplies first and asks for another slice then, so that shared memory and tensor
    // cores have something to do from the barrier on.
#pragma unroll 1
    for (std::uint32_t turn = 0; turn < 2; ++turn) {
      if (turn == (warp & 1u)) {
        ring.bring_another(s);
        continue;
      }
#pragma unroll 1
      while (records.at < end) {
        std::uint32_t a[4] = {};
        add_record(records.word, a);
        const std::uint32_t place = records.place;
#pragma unroll 1
        while (records.word >> 31) {  // seldom: a block of more than 32 nonzeros
          records.step();
          add_record(records.word, a);
        }
        multiply_block<kColumns>(slice, place, a, sums);
        // Not before the last use of what it replaces: compilers then bring the new record into a register
        // that is copied later, and the copy waits for it in the middle of the block.
        records.step();
      }
    }
  }
  async_wait<0>();
  const PanelWork work = p.work[blockIdx.x];  // once more, since it would take registers all the time
  if (work.parts > 1 && !add_parts(p, work, sums)) return;
  __syncthreads();
  float* const shared_sums = reinterpret_cast<float*>(shared_memory());
  write_sums<kColumns>(sums, shared_sums);
  __syncthreads();
  const std::uint32_t left = p.out.images - ring.first_image();
  store_rows<std::uint16_t>(p.out, work.block, shared_sums, kPanelSumsPitch<kColumns>, ring.first_image(),
                            left < kColumns ? left : kColumns);
#endif
}

}  // namespace coppice::kernels
