// The compacted SpMM's source with faults planted in it, in a namespace of its own: for tests that look
// whether faults show, or the tests of the kernel itself would prove nothing.
#pragma once
#include <array>
#include <atomic>
#include <set>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/gather_fma/multiply.cuh"
#include "kernels/cuda/gather_fma/problem.h"
#include "kernels/cuda/gather_fma/stage.cuh"
#include "kernels/cuda/on_host/host_run_error.h"
#include "kernels/cuda/row_plan/store_rows.cuh"

namespace gather_planted {

namespace kernels = ::coppice::kernels;
using Site = kernels::host_run::Site;

struct Faults {
  unsigned barrier_line = 0;     ///< The barrier that is left out.
  unsigned wait_line = 0;        ///< The wait for copies that is for one group fewer.
  unsigned columns_earlier = 0;  ///< That a slice's list of columns begins too early.
  unsigned image = 0, slot = 0;  ///< Added to the first image, and to the slot, of what is stored.
  unsigned turns = 0;            ///< Added to the number of splits that are done.
  bool no_wait = false;          ///< For the launch before.
  bool no_entries = false;       ///< Are brought once the first slices are multiplied.
};
inline Faults faults;

/// Lines of the source that are met. Threads that note them are not ordered by that, or ThreadSanitizer would
/// miss what a missing barrier does.
class Lines {
 public:
  void note(unsigned line) { met_[line % kLines].store(true, std::memory_order_relaxed); }
  void clear() {
    for (auto& line : met_) line = false;
  }
  std::set<unsigned> all() const {
    std::set<unsigned> lines;
    for (unsigned line = 0; line < kLines; ++line) {
      if (met_[line]) lines.insert(line);
    }
    return lines;
  }

 private:
  static constexpr unsigned kLines = 1024;
  std::array<std::atomic<bool>, kLines> met_ = {};
};
inline Lines barrier_lines, wait_lines;
inline constexpr std::uint32_t kSliceColumns = 8, kSliceVectors = 140;

inline void barrier(const Site& site) {
  barrier_lines.note(site.line());
  if (site.line() != faults.barrier_line) ::__syncthreads(site);
}
inline void wait() {
  if (!faults.no_wait) kernels::wait_for_previous_launch();
}
template <int pending>
void async_wait(const Site& site = Site::current()) {
  wait_lines.note(site.line());
  if (site.line() != faults.wait_line)
    kernels::async_wait<pending>();
  else
    kernels::async_wait<pending + 1>();
}
inline std::uint32_t listed_column(const kernels::GatherProblem& p, std::uint32_t first) {
  return kernels::listed_column(p, first < faults.columns_earlier ? first : first - faults.columns_earlier);
}
inline unsigned count(unsigned* turns, unsigned more) { return ::atomicAdd(turns, more) + faults.turns; }
inline void copy_entries(const kernels::GatherProblem& p, const kernels::GatherSlice& from,
                         const kernels::GatherSlice& end, unsigned char* to) {
  if (!faults.no_entries || from.vectors == 0) kernels::copy_entries(p, from, end, to);
}
inline void check(bool holds, const char* what) {
  if (!holds) throw kernels::HostRunError(what);
}
/// Where a copy is under way AddressSanitizer would end the program.
inline void check_arrived(const unsigned char* from, std::uint32_t bytes) {
  const kernels::host_run::SharedMemory& shared = kernels::host_run::Block::running().shared();
  for (std::uint32_t i = 0; i < bytes; i += 16) check(!shared.under_way(from + i), "a copy is under way");
}
/// Entries that are not there would send the kernel anywhere.
template <int kRows, int kLaneImages>
void multiply_slice(const unsigned char* x, const uint4* entries, float (&sums)[kRows][kLaneImages]) {
  const char* const cannot_be = "entries that cannot be";
  constexpr std::uint32_t kLaneBytes = 4 * kLaneImages;
  check_arrived(x - threadIdx.x % 32 * kLaneBytes, kSliceColumns * 32 * kLaneBytes);
  check_arrived(reinterpret_cast<const unsigned char*>(entries), kSliceVectors * 16);
  const auto* const words = reinterpret_cast<const std::uint32_t*>(entries);
  std::uint32_t at = words[threadIdx.x / 32];
  check(at > 0 && at < kSliceVectors - kRows / 16, cannot_be);
  const auto* const counts = reinterpret_cast<const unsigned char*>(entries + at);
  at += kRows / 16;
  for (int row = 0; row < kRows; ++row) {
    check(at + (counts[row] + 1u) / 2 < kSliceVectors, cannot_be);
    for (std::uint32_t i = 0; i < counts[row]; ++i)
      check(words[4 * at + 2 * i + 1] < kSliceColumns, cannot_be);
    at += (counts[row] + 1u) / 2;
  }
  kernels::multiply_slice(x, entries, sums);
}
template <class Element>
void store_rows(const kernels::RowOutput& out, std::uint32_t block, const float* sums, std::uint32_t pitch,
                std::uint32_t first, std::uint32_t columns) {
  kernels::store_rows<Element>(out, block, sums + faults.slot * pitch, pitch, first + faults.image, columns);
}

// The kernel once more, in a namespace of its own.
namespace coppice::kernels {
using namespace ::coppice::kernels;
}
#define __syncthreads() ::gather_planted::barrier(::gather_planted::Site::current())
#define wait_for_previous_launch() ::gather_planted::wait()
#define async_wait ::gather_planted::async_wait
#define listed_column ::gather_planted::listed_column
#define copy_entries ::gather_planted::copy_entries
#define multiply_slice ::gather_planted::multiply_slice
#define atomicAdd ::gather_planted::count
#define store_rows ::gather_planted::store_rows
#include "kernels/cuda/gather_fma/kernel.cuh"
#undef __syncthreads
#undef wait_for_previous_launch
#undef async_wait
#undef listed_column
#undef copy_entries
#undef multiply_slice
#undef atomicAdd
#undef store_rows

}  // namespace gather_planted
