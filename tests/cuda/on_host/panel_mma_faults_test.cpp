// The panel SpMM's source with faults planted in it: each must show, or the tests beside this one prove
// nothing.
#include <cstdlib>
#include <set>

#include "cuda/linear_cases.h"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/on_host/host_run_error.h"
#include "kernels/cuda/on_host/schedule.h"
#include "kernels/cuda/panel_mma/on_device.h"
#include "kernels/cuda/panel_mma/problem.h"
#include "kernels/cuda/row_plan/row_output.h"

namespace planted_panel {

using Site = ::coppice::kernels::host_run::Site;

struct Faults {
  unsigned barrier_line = 0;       ///< The barrier that is left out.
  std::ptrdiff_t store_shift = 0;  ///< Added to where an element of y goes.
  bool no_wait = false;            ///< For the launch before.
  bool late_wait = false;          ///< For one group of copies too few.
  unsigned hand_shift = 0;         ///< Added to the lane that hands out a value.
  bool never_last = false;         ///< No part does what is left to the last.
  bool swapped = false;            ///< Registers of a fragment.
  bool other_piece = false;        ///< Of the rows of X.
} faults;
std::set<unsigned> barrier_lines;  // as they are met

void barrier(const Site& site) {
  barrier_lines.insert(site.line());
  if (site.line() != faults.barrier_line) ::__syncthreads(site);
}
void wait() {
  if (!faults.no_wait) ::coppice::kernels::wait_for_previous_launch();
}
template <int pending>
void async_wait() {
  if (faults.late_wait && pending > 0) {
    ::coppice::kernels::async_wait<pending + 1>();
  } else {
    ::coppice::kernels::async_wait<pending>();
  }
}
std::uint32_t shuffle(unsigned mask, std::uint32_t value, int from, const Site& site) {
  return ::__shfl_sync(mask, value, static_cast<int>((static_cast<unsigned>(from) + faults.hand_shift) % 32),
                       32, site);
}
unsigned add_one(unsigned* address) { return faults.never_last ? 0u : ::atomicAdd(address, 1u); }
void mma(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2], const Site& site) {
  const std::uint32_t other[4] = {a[0], a[2], a[1], a[3]};
  ::coppice::kernels::mma_bf16(c, faults.swapped ? other : a, b, site);
}
const unsigned char* piece_beside(const unsigned char* piece) {
  return reinterpret_cast<std::uintptr_t>(piece) % 32 ? piece - 16 : piece + 16;
}
void load(std::uint32_t (&r)[4], const unsigned char* row, const Site& site) {
  ::coppice::kernels::load_matrices_transposed(r, faults.other_piece ? piece_beside(row) : row, site);
}

// The kernel once more, in a namespace of its own.
namespace coppice::kernels {
using namespace ::coppice::kernels;
}
#include "kernels/cuda/elements.cuh"
#define __syncthreads() ::planted_panel::barrier(::planted_panel::Site::current())
#define __shfl_sync(mask, value, from) \
  ::planted_panel::shuffle(mask, value, from, ::planted_panel::Site::current())
#define atomicAdd(address, one) ::planted_panel::add_one(address)
#define store_element(address, value) store_element((address) + ::planted_panel::faults.store_shift, value)
#define wait_for_previous_launch() ::planted_panel::wait()
#define async_wait ::planted_panel::async_wait
#define mma_bf16(c, a, b) ::planted_panel::mma(c, a, b, ::planted_panel::Site::current())
#define load_matrices_transposed(r, row) ::planted_panel::load(r, row, ::planted_panel::Site::current())
#include "kernels/cuda/panel_mma/kernel.cuh"
#undef __syncthreads
#undef __shfl_sync
#undef atomicAdd
#undef store_element
#undef wait_for_previous_launch
#undef async_wait
#undef mma_bf16
#undef load_matrices_transposed

}  // namespace planted_panel

namespace coppice::kernels {
namespace {

class PanelMmaFaults : public testing::Test {
 protected:
  PanelMmaFaults() : layer_(linear_layer(70, 120)) {
    std::mt19937 random(2);
    fill_rows(layer_, Rows::kEven, 0.3, Precision::kBf16, random);
    give_bias(layer_, random);
    data_ = draw_data(request_, random);
    define(request_, data_);
  }
  ~PanelMmaFaults() override { planted_panel::faults = {}; }

  /// Two warps, since one cannot overtake itself; several blocks of rows and tiles, at least five slices of
  /// each part.
  PackedPanels packed(int parts) const { return pack_panels(layer_.weights, PanelTiling{2, 16, 8, parts}); }

  /// The schedules in which the result is wrong or the harness objects. `changed`: packed, with a fault.
  int caught(const PackedPanels& changed) {
    PanelsOnDevice on_device(request_, changed);
    int schedules = 0;
    for (const Schedule schedule : kSchedules) {
      const ScheduleScope scope(schedule, 3);
      try {
        const LinearResult result =
            result_of(request_, data_, [&](const void* x, const void* residual, void* y) {
              LaunchShape shape;
              shape.grid = dim3(static_cast<unsigned>(on_device.launch().work),
                                static_cast<unsigned>(on_device.launch().tiles));
              shape.block = dim3(static_cast<unsigned>(32 * on_device.launch().warps));
              shape.shared_bytes = on_device.launch().shared_bytes;
              shape.overlap_previous = true;
              launch(shape, planted_panel::coppice::kernels::panel_mma_kernel<16, true>,
                     on_device.problem(x, residual, y));
            });
        schedules += result.beyond || first_wrong(request_, data_, result.y) >= 0;
      } catch (const HostRunError&) {
        ++schedules;
      }
    }
    return schedules;
  }
  int caught(int parts = 1) { return caught(packed(parts)); }

  /// Where a slice is used before it is there, so may be its list of columns, and then the address sanitizer
  /// ends the program for what is read.
  void expect_caught_or_ended(unsigned line = 0) {
    EXPECT_DEATH(
        {
          if (caught(1) + caught(2) > 0) std::abort();
        },
        "")
        << "line " << line;
  }

  Layer layer_;
  CudaDevice device_ = host_device();
  CudaRequest request_{layer_, 24, Precision::kBf16, {Order::kImagesLast, 0}, {Order::kImagesLast, 0},
                       device_};
  LinearData data_;
};

TEST_F(PanelMmaFaults, NoneWithoutOne) {
  EXPECT_EQ(caught(), 0);
  EXPECT_EQ(caught(2), 0);
}

TEST_F(PanelMmaFaults, EachBarrier) {
  planted_panel::barrier_lines.clear();
  caught(2);
  const std::set<unsigned> lines = planted_panel::barrier_lines;
  EXPECT_EQ(lines.size(), 5u) << "before each slice; around the sums; around the count of parts";
  for (const unsigned line : lines) {
    planted_panel::faults.barrier_line = line;
    expect_caught_or_ended(line);
  }
}

TEST_F(PanelMmaFaults, WaitsForOneSliceTooFew) {
  planted_panel::faults.late_wait = true;
  expect_caught_or_ended();
}

TEST_F(PanelMmaFaults, XReadBeforeTheLaunchThatWritesIt) {
  planted_panel::faults.no_wait = true;
  EXPECT_EQ(caught(), 3);
}

TEST_F(PanelMmaFaults, ValuesFromTheWrongLane) {
  planted_panel::faults.hand_shift = 1;
  EXPECT_EQ(caught(), 3);
}

TEST_F(PanelMmaFaults, OrderOfAFragment) {
  planted_panel::faults.swapped = true;
  EXPECT_EQ(caught(), 3);
}

TEST_F(PanelMmaFaults, PiecesOfXReadWhereTheyAreNot) {
  planted_panel::faults.other_piece = true;
  EXPECT_EQ(caught(), 3);
}

TEST_F(PanelMmaFaults, PartsOfWhichNoneIsLast) {
  planted_panel::faults.never_last = true;
  EXPECT_EQ(caught(2), 3);
}

TEST_F(PanelMmaFaults, StoresOneOff) {
  // Rows of 21 images are stored one by one.
  CudaRequest odd{layer_, 21, Precision::kBf16, {Order::kImagesLast, 0}, {Order::kImagesLast, 0}, device_};
  std::mt19937 random(3);
  LinearData data = draw_data(odd, random);
  define(odd, data);
  PanelsOnDevice on_device(odd, packed(1));
  const auto wrong = [&] {
    const LinearResult result = result_of(odd, data, [&](const void* x, const void* residual, void* y) {
      LaunchShape shape;
      shape.grid = dim3(static_cast<unsigned>(on_device.launch().work),
                        static_cast<unsigned>(on_device.launch().tiles));
      shape.block = dim3(static_cast<unsigned>(32 * on_device.launch().warps));
      shape.shared_bytes = on_device.launch().shared_bytes;
      launch(shape, planted_panel::coppice::kernels::panel_mma_kernel<16, false>,
             on_device.problem(x, residual, y));
    });
    return result.beyond || first_wrong(odd, data, result.y) >= 0;
  };
  EXPECT_FALSE(wrong());
  planted_panel::faults.store_shift = 1;
  EXPECT_TRUE(wrong());
}

/// What the packing says matters, all of it. Two records make the first block.
TEST_F(PanelMmaFaults, WrongMetadata) {
  PackedPanels one = packed(1);
  std::swap(one.lists[0], one.lists[9]);
  EXPECT_EQ(caught(one), 3) << "lists of columns";
  one = packed(1);
  std::swap(one.places[0], one.places[1]);
  EXPECT_EQ(caught(one), 3) << "columns of a block";
  one = packed(1);
  one.from[1] += 2;
  EXPECT_EQ(caught(one), 3) << "where a slice ends";
  one = packed(1);
  one.records[0] ^= 1u << 20;
  EXPECT_EQ(caught(one), 3) << "where a lane's first value goes";
}

}  // namespace
}  // namespace coppice::kernels
