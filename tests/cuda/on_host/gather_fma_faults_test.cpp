// Faults planted in the compacted SpMM: each must show.
#include "cuda/gather_fma_planted.h"
#include "cuda/linear_cases.h"
#include "kernels/cuda/gather_fma/on_device.h"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/on_host/schedule.h"

namespace coppice::kernels {
namespace {

/// With so many stages, and splits.
class GatherFmaFaults : public testing::TestWithParam<std::pair<int, int>> {
 protected:
  GatherFmaFaults() : layer_(linear_layer(40, 50)) {
    std::mt19937 random(2);
    fill_rows(layer_, Rows::kFull, 1, Precision::kFp32, random);  // so that all warps have work
    give_bias(layer_, random);
    data_ = draw_data(request_, random);
    define(request_, data_);
    // Two blocks of rows, two tiles of images, seven slices; two warps, since one cannot overtake itself.
    const GatherTiling tiling{2,
                              16,
                              1,
                              GetParam().first,
                              gather_planted::kSliceColumns,
                              gather_planted::kSliceVectors,
                              GetParam().second};
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
              shape.grid = dim3(static_cast<unsigned>(on_device_->blocks()));
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
  gather_planted::barrier_lines.clear();
  caught();
  const std::set<unsigned> lines = gather_planted::barrier_lines.all();
  EXPECT_EQ(lines.size(), GetParam().second > 1 ? 4u : 3u)
      << "once a slice, before sums take the slices' place, before they are stored; around the count of "
         "splits";
  for (const unsigned line : lines) {
    gather_planted::faults.barrier_line = line;
    EXPECT_GT(caught(), 0) << "line " << line;
  }
}

TEST_P(GatherFmaFaults, EachWaitForCopies) {
  gather_planted::wait_lines.clear();
  caught();
  const std::set<unsigned> lines = gather_planted::wait_lines.all();
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

TEST_P(GatherFmaFaults, ABlockThatIsNotTheLastTakesItselfForIt) {
  if (GetParam().second == 1) return;  // nothing is counted
  gather_planted::faults.turns = 1;
  EXPECT_GT(caught(), 0) << "at least in the first launch: later ones find what it has left";
}

TEST_P(GatherFmaFaults, XReadBeforeTheLaunchThatWritesIt) {
  gather_planted::faults.no_wait = true;
  EXPECT_EQ(caught(), 3);
}

INSTANTIATE_TEST_SUITE_P(Stages, GatherFmaFaults,
                         testing::Values(std::pair{2, 1}, std::pair{3, 1}, std::pair{3, 3}));

}  // namespace
}  // namespace coppice::kernels
