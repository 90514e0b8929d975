// What the lanes of a warp do together, and the block's barrier, under CUDA's names. Stricter than hardware:
// every lane of the mask must exist, not have ended, and come to the same call in the source; what a shuffle
// reads from a lane outside of the mask is undefined, hence an error.
#pragma once
#include <concepts>
#include <cstdint>
#include <string>

#include "kernels/cuda/on_host/warp.h"

namespace coppice::kernels::host_run {

void sync_threads(const Site& site);

template <class T>
concept Shuffled = (std::integral<T> || std::floating_point<T>)&&(sizeof(T) == 4 || sizeof(T) == 8);

/// source(lane, argument, width) says from which lane a lane reads; its own where there is none.
template <class T, class Argument, class Source>
T shuffle(const WarpCall& call, T value, Argument argument, int width, const Source& source) {
  if (width < 1 || width > 32 || (width & (width - 1)))
    fail_lane(lane(), call, "width " + std::to_string(width) + " is no power of two up to 32");
  struct Operand {
    T value;
    int from;
    T result;
  };
  Operand mine{value, source(lane(), argument, width), T{}};
  meet(call, mine, [&](const std::array<Operand*, 32>& all) {
    for (int i = 0; i < 32; ++i) {
      Operand* const reader = all[static_cast<std::size_t>(i)];
      if (!reader) continue;
      const Operand* const from = all[static_cast<std::size_t>(reader->from)];
      if (!from) fail_lane(i, call, "reads from lane " + std::to_string(reader->from) + ", not in the mask");
      reader->result = from->value;
    }
  });
  return mine.result;
}

/// The lanes of the mask whose predicate is true.
std::uint32_t vote(const WarpCall& call, bool predicate);

}  // namespace coppice::kernels::host_run

inline void __syncthreads(
    const coppice::kernels::host_run::Site& site = coppice::kernels::host_run::Site::current()) {
  coppice::kernels::host_run::sync_threads(site);
}

inline void __syncwarp(unsigned mask = 0xffffffffu, const coppice::kernels::host_run::Site& site =
                                                        coppice::kernels::host_run::Site::current()) {
  coppice::kernels::host_run::vote({"__syncwarp", mask, site}, true);
}

inline unsigned __ballot_sync(
    unsigned mask, int predicate,
    const coppice::kernels::host_run::Site& site = coppice::kernels::host_run::Site::current()) {
  return coppice::kernels::host_run::vote({"__ballot_sync", mask, site}, predicate != 0);
}

inline int __any_sync(
    unsigned mask, int predicate,
    const coppice::kernels::host_run::Site& site = coppice::kernels::host_run::Site::current()) {
  return coppice::kernels::host_run::vote({"__any_sync", mask, site}, predicate != 0) != 0;
}

inline int __all_sync(
    unsigned mask, int predicate,
    const coppice::kernels::host_run::Site& site = coppice::kernels::host_run::Site::current()) {
  return coppice::kernels::host_run::vote({"__all_sync", mask, site}, predicate != 0) == mask;
}

/// From lane `from` of the reader's group of `width`.
template <coppice::kernels::host_run::Shuffled T>
T __shfl_sync(unsigned mask, T value, int from, int width = 32,
              const coppice::kernels::host_run::Site& site = coppice::kernels::host_run::Site::current()) {
  return coppice::kernels::host_run::shuffle(
      {"__shfl_sync", mask, site}, value, from, width,
      [](int lane, int of, int w) { return (lane & ~(w - 1)) | (of & (w - 1)); });
}

template <coppice::kernels::host_run::Shuffled T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32,
                 const coppice::kernels::host_run::Site& site = coppice::kernels::host_run::Site::current()) {
  return coppice::kernels::host_run::shuffle({"__shfl_up_sync", mask, site}, value, by, width,
                                             [](int lane, unsigned d, int w) {
                                               const auto at = static_cast<unsigned>(lane & (w - 1));
                                               return d <= at ? lane - static_cast<int>(d) : lane;
                                             });
}

template <coppice::kernels::host_run::Shuffled T>
T __shfl_down_sync(
    unsigned mask, T value, unsigned by, int width = 32,
    const coppice::kernels::host_run::Site& site = coppice::kernels::host_run::Site::current()) {
  return coppice::kernels::host_run::shuffle(
      {"__shfl_down_sync", mask, site}, value, by, width, [](int lane, unsigned d, int w) {
        const auto left = static_cast<unsigned>(w - 1 - (lane & (w - 1)));
        return d <= left ? lane + static_cast<int>(d) : lane;
      });
}

/// A lane beyond the reader's group is not read (one before it is).
template <coppice::kernels::host_run::Shuffled T>
T __shfl_xor_sync(
    unsigned mask, T value, int bits, int width = 32,
    const coppice::kernels::host_run::Site& site = coppice::kernels::host_run::Site::current()) {
  return coppice::kernels::host_run::shuffle({"__shfl_xor_sync", mask, site}, value, bits, width,
                                             [](int lane, int x, int w) {
                                               const int from = lane ^ x;
                                               return from >= 0 && from <= (lane | (w - 1)) ? from : lane;
                                             });
}
