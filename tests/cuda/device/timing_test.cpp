// Timers and ceilings on a real device.
#include "cuda/probe_cases.h"
#include "gtest/gtest.h"
#include "kernels/cuda/devices.h"
#include "kernels/cuda/timing/graph_timer.h"
#include "kernels/cuda/timing/measure_ceilings.h"

namespace coppice::kernels {
namespace {

class CudaTiming : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    devices_ = cuda_devices(&why);
    if (devices_.empty()) GTEST_SKIP() << "no CUDA device: " << why;
    use_cuda_device(0);
  }
  std::vector<CudaDevice> devices_;
};

/// Under compute-sanitizer too.
class SanitizedProbes : public CudaTiming {};

TEST_F(SanitizedProbes, ComputeWhatTheyShould) {
  check_read_probe();
  check_shared_probes();
  if (devices_[0].capability() >= 80) check_arithmetic_probes();
  check_launch_probes();
  check_probe_arguments();
}

TEST_F(CudaTiming, AGraphHoldsEveryCallAndIsReplayedTwiceForATime) {
  check_launch_probes();  // loads the kernel, which a capture does not allow
  EXPECT_EQ(sum_of([](std::uint32_t* sum) {
              std::vector<std::int64_t> calls;
              GraphTimer timer(
                  [&](std::int64_t call, CudaStream stream) {
                    calls.push_back(call);
                    probe_launch(false, {1, 32}, sum, stream);
                  },
                  5);
              EXPECT_EQ(calls, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
              timer.replay();
              EXPECT_GT(timer.seconds_per_call(), 0);
            }),
            15u)
      << "capturing runs nothing";
}

TEST_F(CudaTiming, AFailureWhileCapturingLeavesTheDeviceUsable) {
  EXPECT_THROW(GraphTimer([](std::int64_t, CudaStream) { throw std::invalid_argument("no"); }, 3),
               std::invalid_argument);
  check_launch_probes();
}

TEST_F(CudaTiming, CeilingsAreInTheOrderOfTheHardware) {
  const CudaCeilings ceilings = measure_ceilings(devices_[0]);
  EXPECT_GT(ceilings.hbm_read_gb_s.median, 50);
  EXPECT_GT(ceilings.l2_read_gb_s.median, ceilings.hbm_read_gb_s.median);
  EXPECT_GT(ceilings.shared_gb_s.median, ceilings.l2_read_gb_s.median);
  EXPECT_GT(ceilings.shared_gb_s.median, 2 * ceilings.shared_gather_gb_s.median) << "gathers conflict";
  const double peak = 2e-9 * 128 * devices_[0].multiprocessors * devices_[0].clock_hz;
  EXPECT_GT(ceilings.fp32_gflops.median, 0.3 * peak);
  EXPECT_LT(ceilings.fp32_gflops.median, 1.1 * peak) << "some work was optimised away";
  EXPECT_LT(ceilings.shared_gb_s.median, 1.1e-9 * 128 * devices_[0].multiprocessors * devices_[0].clock_hz);
  if (devices_[0].capability() >= 80) {
    EXPECT_GT(ceilings.mma_bf16_gflops.median, ceilings.fp32_gflops.median);
  }
  EXPECT_GT(ceilings.launch_s.median, 2e-7);
  EXPECT_LT(ceilings.graph_launch_s.median, 2e-5);
}

}  // namespace
}  // namespace coppice::kernels
