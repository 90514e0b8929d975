// The packed SpMV's source with faults planted in it: each must show, or the tests beside this one prove
// nothing.
#include <set>

#include "cuda/linear_cases.h"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/on_host/host_device.h"
#include "kernels/cuda/on_host/host_run_error.h"
#include "kernels/cuda/on_host/schedule.h"
#include "kernels/cuda/packed_spmv/on_device.h"

namespace planted {

using Site = ::coppice::kernels::host_run::Site;

struct Faults {
  unsigned barrier_line = 0;       ///< The barrier that is left out.
  int shuffle_bits = 0;            ///< The step of the sum over lanes that is left out.
  std::ptrdiff_t store_shift = 0;  ///< Added to where an element of y goes.
  bool no_wait = false;            ///< For the launch before.
} faults;
std::set<unsigned> barrier_lines;  // as they are met

void barrier(const Site& site) {
  barrier_lines.insert(site.line());
  if (site.line() != faults.barrier_line) ::__syncthreads(site);
}
float shuffle(unsigned mask, float value, int bits, const Site& site) {
  return bits == faults.shuffle_bits ? 0.0f : ::__shfl_xor_sync(mask, value, bits, 32, site);
}
void wait() {
  if (!faults.no_wait) ::coppice::kernels::wait_for_previous_launch();
}

// The kernel once more, in a namespace of its own.
namespace coppice::kernels {
using namespace ::coppice::kernels;
}
#include "kernels/cuda/packed_spmv/words.cuh"
#define __syncthreads() ::planted::barrier(::planted::Site::current())
#define __shfl_xor_sync(mask, value, bits) ::planted::shuffle(mask, value, bits, ::planted::Site::current())
#define store_element(address, value) store_element((address) + ::planted::faults.store_shift, value)
#define wait_for_previous_launch() ::planted::wait()
#include "kernels/cuda/packed_spmv/kernel.cuh"
#undef __syncthreads
#undef __shfl_xor_sync
#undef store_element
#undef wait_for_previous_launch

}  // namespace planted

namespace coppice::kernels {
namespace {

class PackedSpmvFaults : public testing::Test {
 protected:
  PackedSpmvFaults() : layer_(linear_layer(30, 100)) {
    std::mt19937 random(2);
    fill_rows(layer_, Rows::kFull, 1, Precision::kBf16, random);  // so that all lanes have work
    give_bias(layer_, random);
    data_ = draw_data(request_, random);
    define(request_, data_);
    // Two ranges, three blocks of columns, rows split; two warps, since one cannot overtake itself.
    const SpmvTiling tiling{64, 16, 4, 40, 2, 100};
    on_device_ = std::make_unique<SpmvOnDevice>(
        request_, pack_spmv(layer_.weights, SpmvFormat::kBf16, request_.images, tiling));
  }
  ~PackedSpmvFaults() override { planted::faults = {}; }

  /// The schedules in which the result is wrong or the harness objects.
  int caught() {
    int schedules = 0;
    for (const Schedule schedule : kSchedules) {
      const ScheduleScope scope(schedule, 3);
      try {
        const LinearResult result =
            result_of(request_, data_, [&](const void* x, const void* residual, void* y) {
              SpmvProblem problem = on_device_->problem;
              problem.x = x;
              problem.residual = residual;
              problem.y = y;
              LaunchShape shape;
              shape.grid = dim3(static_cast<unsigned>(on_device_->launch.ranges));
              shape.block = dim3(static_cast<unsigned>(on_device_->launch.threads));
              shape.shared_bytes = on_device_->launch.shared_bytes;
              shape.overlap_previous = true;
              namespace kernel = planted::coppice::kernels;
              launch(shape, kernel::packed_spmv_kernel<kernel::SpmvBf16Group, 4, 4>, problem);
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
  CudaRequest request_{layer_, 3, Precision::kBf16, {}, {}, device_};
  LinearData data_;
  std::unique_ptr<SpmvOnDevice> on_device_;
};

TEST_F(PackedSpmvFaults, NoneWithoutOne) { EXPECT_EQ(caught(), 0); }

TEST_F(PackedSpmvFaults, EachBarrier) {
  caught();
  const std::set<unsigned> lines = planted::barrier_lines;
  EXPECT_EQ(lines.size(), 3u) << "before and after x is brought, and before partial sums are added";
  for (const unsigned line : lines) {
    planted::faults.barrier_line = line;
    EXPECT_GT(caught(), 0) << "line " << line;
  }
}

TEST_F(PackedSpmvFaults, EachStepOfTheSumOverLanes) {
  for (const int bits : {1, 2, 4, 8}) {
    planted::faults.shuffle_bits = bits;
    EXPECT_EQ(caught(), 3) << bits;
  }
}

TEST_F(PackedSpmvFaults, StoresOneOff) {
  planted::faults.store_shift = 1;
  EXPECT_EQ(caught(), 3);
}

TEST_F(PackedSpmvFaults, XReadBeforeTheLaunchThatWritesIt) {
  planted::faults.no_wait = true;
  EXPECT_EQ(caught(), 3);
}

}  // namespace
}  // namespace coppice::kernels
