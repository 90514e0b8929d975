// Faults planted in the conversions: each must show.
#include "cuda/convert_cases.h"
#include "kernels/cuda/convert/place.cuh"
#include "kernels/cuda/elements.cuh"
#include "kernels/cuda/on_host/host_run_error.h"
#include "kernels/cuda/on_host/schedule.h"

namespace planted_convert {

namespace kernels = ::coppice::kernels;

struct Faults {
  bool no_barrier = false, no_wait = false;
  std::int64_t read = 0, write = 0;  ///< Added to a thread's first offset.
  std::uint64_t room = 0;            ///< Added to a box's.
};
Faults faults;

void barrier(const kernels::host_run::Site& site) {
  if (!faults.no_barrier) ::__syncthreads(site);
}
void wait() {
  if (!faults.no_wait) kernels::wait_for_previous_launch();
}
kernels::ConvertPlace read_place(const kernels::ConvertProblem& p, std::uint32_t i) {
  kernels::ConvertPlace place = kernels::place_to_read(p, i);
  place.offset += faults.read;
  return place;
}
kernels::ConvertPlace write_place(const kernels::ConvertProblem& p, std::uint32_t i) {
  kernels::ConvertPlace place = kernels::place_to_write(p, i);
  place.offset += faults.write;
  return place;
}
kernels::ConvertBox box(const kernels::ConvertProblem& p, std::uint32_t block) {
  kernels::ConvertBox box = kernels::box_of(p, block);
  box.room += faults.room;
  return box;
}

// The kernels once more, in a namespace of their own.
namespace coppice::kernels {
using namespace ::coppice::kernels;
}
#define __syncthreads() ::planted_convert::barrier(::coppice::kernels::host_run::Site::current())
#define wait_for_previous_launch() ::planted_convert::wait()
#define place_to_read ::planted_convert::read_place
#define place_to_write ::planted_convert::write_place
#define box_of ::planted_convert::box
#include "kernels/cuda/convert/kernel.cuh"
#undef __syncthreads
#undef wait_for_previous_launch
#undef place_to_read
#undef place_to_write
#undef box_of

}  // namespace planted_convert

namespace coppice::kernels {
namespace {

using namespace convert_cases;
namespace planted = planted_convert::coppice::kernels;
using planted_convert::faults;

/// From plain activations to images-last ones and plain ones, with halos, so that who is one off stays within
/// the buffers.
class ConvertFaults : public testing::Test {
 protected:
  ~ConvertFaults() override { faults = {}; }

  static ConvertCase case_to(Layout out) {
    return {{{19, 5, 6, 7, {Order::kPlain, 1}}, Precision::kFp32}, {{19, 5, 6, 7, out}, Precision::kFp32}};
  }
  /// The schedules in which the result is wrong or the harness objects.
  static int caught(Layout out) {
    const ConvertCase c = case_to(out);
    const auto convert = [&](const void* x, void* y) {
      const ConvertPlan plan = plan_conversion(c.from, c.to, false, false, 64);
      EXPECT_EQ(plan.straight, out.order == Order::kPlain);
      const LaunchShape shape = {.grid = dim3(static_cast<unsigned>(plan.blocks)),
                                 .block = dim3(64),
                                 .shared_bytes = plan.shared_bytes,
                                 .overlap_previous = true};
      using Bits = std::uint32_t;
      launch(shape,
             plan.straight ? planted::copy_activations_kernel<Bits, Bits, false>
                           : planted::permute_activations_kernel<Bits, Bits, false, false>,
             plan.problem, static_cast<const Bits*>(x), static_cast<Bits*>(y));
    };
    int schedules = 0;
    for (const Schedule schedule : kSchedules) {
      const ScheduleScope scope(schedule, 3);
      try {
        schedules += !right(c, convert);
      } catch (const HostRunError&) {
        ++schedules;
      }
    }
    return schedules;
  }
  static int caught_turned() { return caught({Order::kImagesLast, 1}); }
  static int caught_straight() { return caught({Order::kPlain, 1}); }
};

TEST_F(ConvertFaults, NoneWithoutOne) {
  EXPECT_EQ(caught_turned(), 0);
  EXPECT_EQ(caught_straight(), 0);
}

TEST_F(ConvertFaults, TheBarrier) {
  faults.no_barrier = true;
  EXPECT_GT(caught_turned(), 0);
}

TEST_F(ConvertFaults, TheWaitForTheLaunchBefore) {
  faults.no_wait = true;
  EXPECT_EQ(caught_turned(), 3);
  EXPECT_EQ(caught_straight(), 3);
}

TEST_F(ConvertFaults, PlacesThatAreOneOff) {
  for (std::int64_t planted_convert::Faults::*where :
       {&planted_convert::Faults::read, &planted_convert::Faults::write}) {
    for (const std::int64_t off : {-1, 1}) {
      faults = {};
      faults.*where = off;
      EXPECT_EQ(caught_turned(), 3);
      EXPECT_EQ(caught_straight(), 3);
    }
  }
}

TEST_F(ConvertFaults, ElementsLeftOutOrTooMany) {
  // Columns, rows, channels and images, as the source lies.
  for (int axis = 0; axis < kConvertAxes; ++axis) {
    faults.room = -(std::uint64_t{1} << (16 * axis));
    EXPECT_EQ(caught_turned(), 3) << axis;
    if (axis > 1) continue;  // beyond the last channel is the next image, beyond the last image nothing
    faults.room = std::uint64_t{1} << (16 * axis);
    EXPECT_EQ(caught_turned(), 3) << axis;
  }
}

}  // namespace
}  // namespace coppice::kernels
