// The convolution of few images with faults planted in it, in a namespace of its own: for tests that look
// whether faults show, or the tests of the kernel itself would prove nothing.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <set>

#include "kernels/cuda/conv_pixels/multiply.cuh"
#include "kernels/cuda/conv_pixels/problem.h"
#include "kernels/cuda/conv_pixels/stage.cuh"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/on_host/host_run_error.h"
#include "kernels/cuda/patches/store_tile.cuh"
#include "kernels/cuda/row_plan/shared_rows.cuh"

namespace conv_pixels_planted {

namespace kernels = ::coppice::kernels;
using Site = kernels::host_run::Site;

struct Faults {
  unsigned barrier_line = 0;         ///< The barrier that is left out.
  unsigned groups = 0;               ///< Of copies that are not waited for, though they should be.
  unsigned channels_earlier = 0;     ///< That patches begin too early.
  unsigned columns = 0;              ///< Of the padding that are taken for cells that are stored.
  unsigned slot = 0, pixel = 0;      ///< By which stores are off.
  unsigned turns = 0;                ///< Added to the number of splits that are done.
  bool no_wait = false;              ///< For the launch before.
  bool no_padding = false;           ///< Zeros are missing.
  bool first_rows = false;           ///< All blocks store the rows of the first.
  bool first_entries_alone = false;  ///< Those of later chunks are not brought.
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
inline Lines barrier_lines;

inline void barrier(const Site& site) {
  barrier_lines.note(site.line());
  if (site.line() != faults.barrier_line) ::__syncthreads(site);
}
inline void wait() {
  if (!faults.no_wait) kernels::wait_for_previous_launch();
}
inline void wait_for_copies(std::uint32_t pending) { kernels::wait_for_copies(pending + faults.groups); }
inline unsigned count(unsigned* turns, unsigned more) { return ::atomicAdd(turns, more) + faults.turns; }
inline void zero_padding(const kernels::ConvPixelsProblem& p, kernels::StoredCells stored,
                         unsigned char* stages) {
  stored.columns += faults.columns;
  if (!faults.no_padding) kernels::zero_padding(p, stored, stages);
}
template <class Element>
struct PatchCopier : kernels::PatchCopier<Element> {
  using kernels::PatchCopier<Element>::PatchCopier;
  void copy(const kernels::ConvPixelsProblem& p, std::uint32_t first, std::uint32_t number,
            unsigned char* stage) {
    kernels::PatchCopier<Element>::copy(p, first - std::min(first, faults.channels_earlier), number, stage);
  }
};
inline void copy_slice(const kernels::ConvPixelsProblem& p, std::uint32_t first, std::uint32_t end,
                       unsigned char* to) {
  if (!faults.first_entries_alone || first == 0) kernels::copy_slice(p, first, end, to);
}
inline void bring_rows(const kernels::RowOutput& out, std::uint32_t block, unsigned char* shared) {
  kernels::bring_rows(out, faults.first_rows ? 0 : block, shared);
}
inline void check(bool holds, const char* what) {
  if (!holds) throw kernels::HostRunError(what);
}
/// Entries that are not there would send the kernel anywhere, and where a copy is under way AddressSanitizer
/// would end the program.
template <int kLanePixels>
void multiply_slice(const unsigned char* patches, const uint4* entries, std::uint32_t rows,
                    const kernels::LanePixels<kLanePixels>& pixels, float* sums) {
  const auto& shared = kernels::host_run::Block::running().shared();
  const auto* const end = reinterpret_cast<const unsigned char*>(sums - threadIdx.x % 32 -
                                                                 threadIdx.x / 32 * rows * 32 * kLanePixels);
  const auto arrived = [&](const void* from, std::int64_t bytes) {
    check(shared.holds(from, bytes) && !shared.under_way(from, bytes), "entries or cells that cannot be");
  };
  const auto* const words = reinterpret_cast<const std::uint32_t*>(entries);
  arrived(words + threadIdx.x / 32, 4);
  const std::uint32_t at = words[threadIdx.x / 32], counted = (rows + 7) / 8;
  const auto left = static_cast<std::uint32_t>((end - reinterpret_cast<const unsigned char*>(entries)) / 16);
  check(at > 0 && at + counted < left, "a stream that cannot be");
  arrived(entries + at, 16 * counted);
  const auto* const counts = reinterpret_cast<const std::uint16_t*>(entries + at);
  std::uint32_t vector = at + counted;
  for (std::uint32_t row = 0; row < rows; ++row) {
    const std::uint32_t vectors = (counts[row] + 1u) / 2;
    check(vector + vectors + 2 <= left, "more entries than can be");
    arrived(entries + vector, 16 * (vectors + 2));
    for (std::uint32_t i = 0; i < counts[row]; ++i) {
      const std::uint32_t cell = words[4 * vector + 2 * i + 1];
      check(cell < 1u << 16 && cell % 4 == 0, "a cell that cannot be");
      for (const std::uint32_t pixel : pixels.bytes) arrived(patches + cell + pixel, 4);
    }
    vector += vectors;
  }
  kernels::multiply_slice(patches, entries, rows, pixels, sums);
}
template <class Element>
void store_pixels(const kernels::RowOutput& out, const kernels::PatchProblem& p, const kernels::TileAt& tile,
                  std::uint32_t block, const float* sums, std::uint32_t pitch) {
  kernels::store_pixels<Element>(out, p, tile, block, sums - faults.slot * pitch - faults.pixel, pitch);
}

// The kernel once more, in a namespace of its own.
namespace coppice::kernels {
using namespace ::coppice::kernels;
}
#define __syncthreads() ::conv_pixels_planted::barrier(::conv_pixels_planted::Site::current())
#define wait_for_previous_launch() ::conv_pixels_planted::wait()
#define wait_for_copies ::conv_pixels_planted::wait_for_copies
#define zero_padding ::conv_pixels_planted::zero_padding
#define PatchCopier ::conv_pixels_planted::PatchCopier
#define copy_slice ::conv_pixels_planted::copy_slice
#define bring_rows ::conv_pixels_planted::bring_rows
#define multiply_slice ::conv_pixels_planted::multiply_slice
#define atomicAdd ::conv_pixels_planted::count
#define store_pixels ::conv_pixels_planted::store_pixels
#include "kernels/cuda/conv_pixels/kernel.cuh"
#undef __syncthreads
#undef wait_for_previous_launch
#undef wait_for_copies
#undef zero_padding
#undef PatchCopier
#undef copy_slice
#undef bring_rows
#undef multiply_slice
#undef atomicAdd
#undef store_pixels

}  // namespace conv_pixels_planted
