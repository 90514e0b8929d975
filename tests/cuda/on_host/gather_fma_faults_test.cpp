// The compacted SpMM's source with faults planted in it: each must show, or the tests beside this one prove
// nothing.
#include <set>

#include "cuda/linear_cases.h"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/gather_fma/multiply.cuh"
#include "kernels/cuda/gather_fma/on_device.h"
#include "kernels/cuda/gather_fma/stage.cuh"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/on_host/host_run_error.h"
#include "kernels/cuda/on_host/schedule.h"
#include "kernels/cuda/row_plan/store_rows.cuh"

namespace gather_planted {

namespace kernels = ::coppice::kernels;
using Site = kernels::host_run::Site;

struct Faults {
  unsigned barrier_line = 0;     ///< The barrier that is left out.
  unsigned wait_line = 0;        ///< The wait for copies that is for one group fewer.
  unsigned columns_earlier = 0;  ///< That a slice's list of columns begins too early.
  unsigned image = 0, slot = 0;  ///< Added to the first image, and to the slot, of what is stored.
  bool no_wait = false;          ///< For the launch before.
  bool no_entries = false;       ///< Are brought once the first slices are multiplied.
} faults;
std::set<unsigned> barrier_lines, wait_lines;  // as they are met
constexpr std::uint32_t kSliceColumns = 8, kSliceVectors = 200;

void barrier(const Site& site) {
  barrier_lines.insert(site.line());
  if (site.line() != faults.barrier_line) ::__syncthreads(site);
}
void wait() {
  if (!faults.no_wait) kernels::wait_for_previous_launch();
}
template <int pending>
void async_wait(const Site& site = Site::current()) {
  wait_lines.insert(site.line());
  if (site.line() != faults.wait_line)
    kernels::async_wait<pending>();
  else
    kernels::async_wait<pending + 1>();
}
std::uint32_t listed_column(const kernels::GatherProblem& p, std::uint32_t first) {
  return kernels::listed_column(p, first < faults.columns_earlier ? first : first - faults.columns_earlier);
}
void copy_entries(const kernels::GatherProblem& p, const kernels::GatherSlice& from,
                  const kernels::GatherSlice& end, unsigned char* to) {
  if (!faults.no_entries || from.vectors == 0) kernels::copy_entries(p, from, end, to);
}
void check(bool holds, const char* what) {
  if (!holds) throw kernels::HostRunError(what);
}
/// Where a copy is under way AddressSanitizer would end the program.
void check_arrived(const unsigned char* from, std::uint32_t bytes) {
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
#define store_rows ::gather_planted::store_rows
#include "kernels/cuda/gather_fma/kernel.cuh"
#undef __syncthreads
#undef wait_for_previous_launch
#undef async_wait
#undef listed_column
#undef copy_entries
#undef multiply_slice
#undef store_rows

}  // namespace gather_planted

namespace coppice::kernels {
namespace {

class GatherFmaFaults : public testing::TestWithParam<int> {
 protected:
  GatherFmaFaults() : layer_(linear_layer(40, 50)) {
    std::mt19937 random(2);
    fill_rows(layer_, Rows::kFull, 1, Precision::kFp32, random);  // so that all warps have work
    give_bias(layer_, random);
    data_ = draw_data(request_, random);
    define(request_, data_);
    // Two blocks of rows, two tiles of images, seven slices; two warps, since one cannot overtake itself.
    const GatherTiling tiling{
        2, 16, 1, GetParam(), gather_planted::kSliceColumns, gather_planted::kSliceVectors};
    on_device_ = std::make_unique<GatherOnDevice>(request_, pack_gather(layer_.weights, tiling));
  }
  ~GatherFmaFaults() override { gather_planted::faults = {}; }

  /// The schedules in which the result is wrong or the harness objects.
  int caught() {
    int schedules = 0;
    for (const Schedule schedule : kSchedules) {
      const ScheduleScope scope(schedule, 3);
      try {
        const LinearResult result =
            result_of(request_, data_, [&](const void* x, const void* residual, void* y) {
              const GatherProblem problem = on_device_->problem(x, residual, y);
              LaunchShape shape;
              shape.grid = dim3(static_cast<unsigned>(on_device_->row_blocks() * problem.tiles));
              shape.block = dim3(static_cast<unsigned>(32 * on_device_->tiling().warps));
              shape.shared_bytes = gather_shared_bytes(on_device_->tiling());
              shape.overlap_previous = true;
              launch(shape, gather_planted::coppice::kernels::gather_fma_kernel<16, 1, true>, problem);
            });
        schedules += result.beyond || first_wrong(request_, data_, result.y) >= 0;
      } catch (const HostRunError&) {
        ++schedules;
      }
    }
    return schedules;
  }

  Layer layer_;
  CudaDevice device_ = host_device();
  CudaRequest request_{layer_, 52, Precision::kFp32, {Order::kImagesLast, 0}, {Order::kImagesLast, 0},
                       device_};
  LinearData data_;
  std::unique_ptr<GatherOnDevice> on_device_;
};

TEST_P(GatherFmaFaults, NoneWithoutOne) { EXPECT_EQ(caught(), 0); }

TEST_P(GatherFmaFaults, EachBarrier) {
  caught();
  const std::set<unsigned> lines = gather_planted::barrier_lines;
  EXPECT_EQ(lines.size(), 3u) << "once a slice, before sums take the slices' place, before they are stored";
  for (const unsigned line : lines) {
    gather_planted::faults.barrier_line = line;
    EXPECT_GT(caught(), 0) << "line " << line;
  }
}

TEST_P(GatherFmaFaults, EachWaitForCopies) {
  gather_planted::wait_lines.clear();
  caught();
  const std::set<unsigned> lines = gather_planted::wait_lines;
  EXPECT_EQ(lines.size(), 2u) << "once a slice, and at the end";
  for (const unsigned line : lines) {
    gather_planted::faults.wait_line = line;
    EXPECT_EQ(caught(), 3) << "line " << line;
  }
}

TEST_P(GatherFmaFaults, ColumnsOfTheSliceBefore) {
  gather_planted::faults.columns_earlier = gather_planted::kSliceColumns;
  EXPECT_EQ(caught(), 3);
}

TEST_P(GatherFmaFaults, EntriesOfASliceLongPast) {
  gather_planted::faults.no_entries = true;
  EXPECT_EQ(caught(), 3);
}

TEST_P(GatherFmaFaults, StoresOneImageOff) {
  gather_planted::faults.image = 1;
  EXPECT_EQ(caught(), 3);
}

TEST_P(GatherFmaFaults, StoresOneRowOff) {
  gather_planted::faults.slot = 1;
  EXPECT_EQ(caught(), 3);
}

TEST_P(GatherFmaFaults, XReadBeforeTheLaunchThatWritesIt) {
  gather_planted::faults.no_wait = true;
  EXPECT_EQ(caught(), 3);
}

INSTANTIATE_TEST_SUITE_P(Stages, GatherFmaFaults, testing::Values(2, 3));

}  // namespace
}  // namespace coppice::kernels
